package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// Kind says which emulator is meant.
type Kind string

const (
	Auto    Kind = "auto"     // the genuine one where it can be had, else the built-in one
	RIE     Kind = "rie"      // the genuine one
	BuiltIn Kind = "built-in" // the one in this package
)

// Lambda's own bounds and, where it has no default for us, ours.
const (
	DefaultTimeout = 30 * time.Second
	MaxTimeout     = 900 * time.Second // Lambda's quota for a function's time-out
	DefaultMemory  = 512               // MB
	MinMemory      = 128               // MB, Lambda's quota
	MaxMemory      = 10240             // MB, Lambda's quota
	// MaxEvent is the largest event of a synchronous invocation, in bytes: Lambda's 6 MB.
	MaxEvent = 6 << 20
	// maxResponse is the largest buffered answer, in bytes. Lambda's own message
	// names the number: "Exceeded maximum allowed payload size (6291556 bytes)."
	maxResponse = 6<<20 + 100
)

// ErrEventTooLarge is returned by Invoke for an event over MaxEvent, which Lambda refuses.
var ErrEventTooLarge = errors.New("event is larger than Lambda's 6 MB (6291456 bytes)")

// ErrClosed is returned by Invoke after Close, or after an Invoke whose context ended.
var ErrClosed = errors.New("emulator is closed")

// Config describes the function and where it runs. Function and Handler must be set.
type Config struct {
	Function string            // the function: a folder or a zip
	Layers   []string          // folders or zips, merged in this order
	Handler  string            // becomes _HANDLER
	Name     string            // the function's name; the folder's when empty
	Memory   int               // MB; DefaultMemory when 0
	Timeout  time.Duration     // whole seconds; DefaultTimeout when 0
	Env      map[string]string // the function's own environment variables
	Emulator Kind              // Auto when empty
	// Concurrency makes it a Lambda Managed Instance, which handles so many events at a time. 0: none. It asks for the genuine
	// emulator, for root, and for a mount namespace.
	Concurrency int
	// Early starts the bootstrap at once, and not with the first event. Built-in alone.
	Early   bool
	InPlace bool         // do not make a file system of the function's own
	Log     io.Writer    // gets what the function and the platform print; written by one goroutine at a time
	Notice  func(string) // told once of each thing that is not as asked for or takes long; may be nil
}

// Options are the parts of an invocation beside the event.
type Options struct {
	ClientContext string // JSON, as the function gets it
	TenantID      string
	RequestID     string // a managed instance's: Lambda tries an event again under the same one. "": a new one
	// Stream, where it is set, is called once when a streamed answer begins, and gets its bytes as they come. What its writer
	// does not take is dropped. Built-in alone; otherwise a streamed answer is a payload like any other.
	Stream func(contentType string) io.Writer
}

// Result is the answer to one event.
type Result struct {
	Payload       []byte
	FunctionError bool // the payload is an error: {"errorType", "errorMessage", …}
	// Streamed: the answer, or what there is of it, went to Options.Stream. The payload is the error that ended it, or empty.
	Streamed bool
}

// Emulator is a started function.
type Emulator interface {
	// Kind is RIE or BuiltIn.
	Kind() Kind
	// Invoke passes the event to the function and waits for its answer.
	Invoke(ctx context.Context, event []byte, opts Options) (Result, error)
	// Close ends the function. It may be called more than once.
	Close() error
}

// Start lays the function out and makes an emulator ready for it. The context
// bounds Start alone.
func Start(ctx context.Context, cfg Config) (Emulator, error) {
	cfg, err := complete(cfg)
	if err != nil {
		return nil, err
	}
	var rie string
	if cfg.Emulator != BuiltIn {
		rie, err = findRIE(ctx, cfg.Notice)
		switch {
		case err != nil && cfg.Emulator == RIE:
			return nil, fmt.Errorf("get the runtime interface emulator: %w", err)
		case err != nil:
			cfg.Notice(fmt.Sprintf("the built-in emulator serves, because the genuine one cannot be had: %v", err))
		}
	}
	l, err := newLayout(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Concurrency > 0 && (rie == "" || !l.real || l.user) {
		// It wants the bootstrap in Lambda's place, and starts it as another user.
		return nil, errors.Join(errors.New("a managed instance needs the genuine emulator, root, and mount namespaces"), l.close())
	}
	var d driver
	if rie != "" {
		d, err = startRIE(ctx, cfg, l, rie)
	} else {
		d, err = startBuiltIn(cfg, l)
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return newSerial(d, l, max(cfg.Concurrency, 1)), nil
}

// complete fills the defaults in and checks the rest.
func complete(cfg Config) (Config, error) {
	if cfg.Function == "" {
		return cfg, errors.New("no function folder given")
	}
	if cfg.Handler == "" {
		return cfg, errors.New("no handler given")
	}
	abs, err := filepath.Abs(cfg.Function)
	if err != nil {
		return cfg, fmt.Errorf("find the function: %w", err)
	}
	cfg.Function = abs
	if cfg.Name == "" {
		cfg.Name = strings.TrimSuffix(filepath.Base(abs), ".zip")
	}
	if cfg.Memory == 0 {
		cfg.Memory = DefaultMemory
	}
	if cfg.Memory < MinMemory || cfg.Memory > MaxMemory {
		return cfg, fmt.Errorf("memory of %d MB is outside Lambda's %d to %d", cfg.Memory, MinMemory, MaxMemory)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Timeout < time.Second || cfg.Timeout > MaxTimeout || cfg.Timeout%time.Second != 0 {
		return cfg, fmt.Errorf("time-out of %v is not a whole number of seconds from 1 to 900", cfg.Timeout)
	}
	switch cfg.Emulator {
	case "":
		cfg.Emulator = Auto
	case Auto, RIE, BuiltIn:
	default:
		return cfg, fmt.Errorf("unknown emulator %q: it is auto, rie or built-in", cfg.Emulator)
	}
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	if cfg.Notice == nil {
		cfg.Notice = func(string) {}
	}
	return cfg, nil
}
