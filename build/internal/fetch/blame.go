package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

// PinError is a source that its registry does not give.
type PinError struct {
	Source recipe.Source
	Err    error
}

func (e *PinError) Error() string {
	return fmt.Sprintf("%s %s does not come; pinned is %s, sha256 %s: %v",
		e.Source.Name, e.Source.Version, e.Source.File, e.Source.SHA256, e.Err)
}

func (e *PinError) Unwrap() error { return e.Err }

// blame finds which source it was that made a client fail, by asking for each that is missing alone. Where they all come
// then, nothing is wrong any more.
func (f *Fetcher) blame(ctx context.Context, kind, dir string, sources []recipe.Source, err error) error {
	var known *PinError
	var tool *host.MissingToolError
	if errors.As(err, &known) || errors.As(err, &tool) || ctx.Err() != nil {
		return err
	}
	if len(sources) == 1 {
		return &PinError{Source: sources[0], Err: err}
	}
	for _, s := range sources {
		if _, err := os.Stat(filepath.Join(dir, s.File)); err == nil {
			continue
		}
		if err := registries[kind](ctx, f.Client, dir, []recipe.Source{s}); err != nil {
			return &PinError{Source: s, Err: err}
		}
	}
	return nil
}
