package show

import "os"

// InNotebook says whether what the program displays goes to a notebook: the kernel's worker has the variable GONB_PIPE, as
// GoNB's programs do.
func InNotebook() bool { return os.Getenv("GONB_PIPE") != "" }
