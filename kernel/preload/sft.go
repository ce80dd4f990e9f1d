package preload

// What cells call by themselves, and what they call without writing it.
import (
	_ "gosft/kernel/live"
)
