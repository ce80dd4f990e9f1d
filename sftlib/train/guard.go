package train

import "gosft/sftlib/backend"

// guard turns a panic of what users plug in, or of GoMLX, into an error.
func guard(what string, f func() error) error {
	return backend.Try(what, f)
}
