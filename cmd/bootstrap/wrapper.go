package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

const (
	wrapperVar = "AWS_LAMBDA_EXEC_WRAPPER"
	// wrappedVar keeps a wrapper that has run from running again.
	wrappedVar = "LUMO_EXEC_WRAPPED"
)

// wrap runs the user's wrapper in place of this program; by the contract of the managed runtimes it gets the runtime's
// command line as its arguments and ends with exec "$@". Lambda leaves that to the runtime where it is the function's own.
// It returns nil where there is none or it has run, and otherwise only with an error.
func wrap(env map[string]string, environ []string) error {
	wrapper := env[wrapperVar]
	if wrapper == "" || env[wrappedVar] == wrapper {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find bootstrap for its wrapper: %w", err)
	}
	argv := append([]string{wrapper, self}, os.Args[1:]...)
	err = syscall.Exec(wrapper, argv, append(without(environ, wrappedVar), wrappedVar+"="+wrapper))
	return &wrapperError{wrapper, err}
}

// wrapperError says that the wrapper could not be run.
type wrapperError struct {
	path string
	err  error
}

func (e *wrapperError) Error() string {
	return fmt.Sprintf("The wrapper %s (%s) cannot be run: %v. It must be an executable file, a script with its #! line.",
		e.path, wrapperVar, e.err)
}

func (e *wrapperError) Unwrap() error { return e.err }

func without(environ []string, name string) []string {
	var rest []string
	for _, kv := range environ {
		if !strings.HasPrefix(kv, name+"=") {
			rest = append(rest, kv)
		}
	}
	return rest
}
