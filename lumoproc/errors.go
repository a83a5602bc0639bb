package lumoproc

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// ErrClosed is the error of every call after Close.
var ErrClosed = errors.New("lumoproc: closed")

// undelivered wraps the end of a child that cannot have read a request: it may be given to another.
type undelivered struct{ err error }

func (e *undelivered) Error() string { return "the request was not delivered: " + e.err.Error() }
func (e *undelivered) Unwrap() error { return e.err }

// StartError says that there is no process: the program is missing, is not executable, or there was no room for it.
type StartError struct {
	Path string
	Err  error
}

func (e *StartError) Error() string { return fmt.Sprintf("start %s: %v", e.Path, e.Err) }
func (e *StartError) Unwrap() error { return e.Err }

// ExitError says that the child ended while it was needed.
type ExitError struct {
	Code   int            // exit status, -1 where a signal ended it
	Signal syscall.Signal // 0 where it exited
	Core   bool           // it dumped core
	Ready  bool           // it had been ready; false: it died while starting
	Tail   string         // the end of what it wrote to stderr during the request, or since its start
	Cause  error          // why this package killed it, nil where it did not
}

func (e *ExitError) Error() string {
	var b strings.Builder
	if e.Signal != 0 {
		fmt.Fprintf(&b, "child was ended by signal %d (%s)", int(e.Signal), e.Signal)
	} else {
		fmt.Fprintf(&b, "child exited with status %d", e.Code)
	}
	if !e.Ready {
		b.WriteString(" before it was ready")
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

func (e *ExitError) Unwrap() error { return e.Cause }

// OutOfMemory reports whether V8 gave up for want of heap: it says so on stderr and aborts, by SIGABRT or SIGTRAP, or
// by the exit statuses that a shell or a container makes of those (134, 133).
func (e *ExitError) OutOfMemory() bool {
	switch {
	case e.Signal == syscall.SIGABRT, e.Signal == syscall.SIGTRAP, e.Signal == syscall.SIGILL:
	case e.Code == 128+int(syscall.SIGABRT), e.Code == 128+int(syscall.SIGTRAP):
	default:
		return false
	}
	return strings.Contains(e.Tail, "heap out of memory") || strings.Contains(e.Tail, "process out of memory")
}

// ProtocolError says that the child broke the rules of the frames.
type ProtocolError struct {
	Err  error
	Tail string
}

func (e *ProtocolError) Error() string { return "child broke the protocol: " + e.Err.Error() }
func (e *ProtocolError) Unwrap() error { return e.Err }

// TimeoutError says that the deadline of a request passed.
type TimeoutError struct {
	Elapsed time.Duration // since the call of Invoke
	Started bool          // the child had the request; false: there was no child ready for it
	Shared  bool          // the child had other requests too, and goes on with them
	Tail    string
	Err     error // the context's error

	Where    string // what the child said of where it was; see Config.Where
	WhereErr error  // why it said nothing
}

func (e *TimeoutError) Error() string {
	if !e.Started {
		return fmt.Sprintf("no child was ready within %v", e.Elapsed.Round(time.Millisecond))
	}
	return fmt.Sprintf("no answer within %v", e.Elapsed.Round(time.Millisecond))
}

func (e *TimeoutError) Unwrap() error { return e.Err }

// FaultError is a Fault that the child sent: the handler's error, or the reason why it could not be loaded.
type FaultError struct {
	ErrorType string
	Body      []byte // JSON as the child made it, not checked
	Init      bool   // the fault was about no request
	Tail      string // only where Init
}

func (e *FaultError) Error() string { return fmt.Sprintf("%s: %.200s", e.ErrorType, e.Body) }

// TooLargeError says that a message does not fit a frame. Nothing was sent.
type TooLargeError struct {
	Type Type
	Size int // of the payload, in bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s of %d bytes, at most %d fit a frame", e.Type, e.Size, MaxPayload)
}

// SinkError says that a streamed answer was not taken to its end: what [OpenStream] or its writer said.
type SinkError struct{ Err error }

func (e *SinkError) Error() string { return "write the streamed answer: " + e.Err.Error() }
func (e *SinkError) Unwrap() error { return e.Err }

// retiredError is why a retired child was killed after its last request.
type retiredError struct{ err error }

func (e *retiredError) Error() string { return "its event loop was stuck: " + e.err.Error() }
func (e *retiredError) Unwrap() error { return e.err }
