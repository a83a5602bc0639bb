package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// Sandbox is what a [Runner] starts.
type Sandbox struct {
	Config emulator.Config
	// Files are those that a running lumo cannot take in: a change of one, or of a folder's entries, asks for a new sandbox.
	Files []string
}

// Runner keeps one sandbox with the function in it.
type Runner struct {
	describe func() (Sandbox, error)

	mu      sync.Mutex
	current emulator.Emulator
	stamps  []string // of the files when it was started
	files   []string
}

// NewRunner returns a runner of the function that describe describes; it is asked again for each new sandbox.
func NewRunner(describe func() (Sandbox, error)) *Runner { return &Runner{describe: describe} }

// Start starts the sandbox, with the function warm in it. The context bounds Start alone.
func (r *Runner) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.sandbox(ctx)
	return err
}

// Invoke passes the event to the function. Where ctx ends before the answer, so does the sandbox: give it the server's
// context, not that of a client that may go away.
func (r *Runner) Invoke(ctx context.Context, event []byte, opts emulator.Options) (emulator.Result, error) {
	r.mu.Lock()
	e, err := r.sandbox(ctx)
	r.mu.Unlock()
	if err != nil {
		return emulator.Result{}, err
	}
	return e.Invoke(ctx, event, opts)
}

// sandbox returns the sandbox as the files are now. The caller holds mu.
func (r *Runner) sandbox(ctx context.Context) (emulator.Emulator, error) {
	if r.current != nil && slices.Equal(r.stamps, stampsOf(r.files)) {
		return r.current, nil
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	s, err := r.describe()
	if err != nil {
		return nil, err
	}
	stamps := stampsOf(s.Files) // before they are read
	e, err := emulator.Start(ctx, s.Config)
	if err != nil {
		return nil, err
	}
	r.current, r.files, r.stamps = e, s.Files, stamps
	return e, nil
}

func (r *Runner) end() error {
	if r.current == nil {
		return nil
	}
	err := r.current.Close()
	r.current = nil
	return err
}

// Close ends the sandbox.
func (r *Runner) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.end()
}

// stampsOf says of each file what changes when the file does.
func stampsOf(files []string) []string {
	stamps := make([]string, 0, len(files))
	for _, file := range files {
		info, err := os.Stat(file)
		switch {
		case errors.Is(err, os.ErrNotExist):
			stamps = append(stamps, "none")
		case err != nil:
			stamps = append(stamps, err.Error())
		default:
			stamps = append(stamps, fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano()))
		}
	}
	return stamps
}
