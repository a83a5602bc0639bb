// Package fetch brings pinned sources from their registries, each through its registry's own client, and lets nothing
// through whose sha256 is not the one that was asked for. It is the only part of the build that uses the network.
//
// A folder of files can stand in for all registries: what lies there under a source's file name, with the right hash, is
// taken without asking anybody.
package fetch

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// Fetcher brings sources into folders.
type Fetcher struct {
	Cache  string // every file ever fetched, as Cache/<sha256>/<file>
	Local  string // the folder that stands in for the registries; empty for none
	Client Client // runs a registry's client
}

// Client runs a registry's client program in dir.
type Client func(ctx context.Context, dir string, argv ...string) error

// registries fetch files into the folder dir: for each source, dir must then hold its file.
var registries = map[string]func(ctx context.Context, run Client, dir string, sources []recipe.Source) error{
	"crates": crates,
	"debian": debian,
	"maven":  maven,
	"npm":    npm,
	"pypi":   pypi,
}

// HashError is a file that is not what was pinned.
type HashError struct {
	Source recipe.Source
	Got    string
}

func (e *HashError) Error() string {
	return fmt.Sprintf("%s (%s %s %s) has sha256 %s, but %s is pinned",
		e.Source.File, e.Source.Kind, e.Source.Name, e.Source.Version, e.Got, e.Source.SHA256)
}

// Fetch makes sure that every source is in the cache. Clients are asked once per registry, for what is missing.
func (f *Fetcher) Fetch(ctx context.Context, sources []recipe.Source) error {
	missing := map[string][]recipe.Source{}
	for _, s := range sources {
		if err := s.Check(); err != nil {
			return err
		}
		if found, err := f.have(s); err != nil {
			return err
		} else if !found {
			missing[s.Kind] = append(missing[s.Kind], s)
		}
	}
	for kind, list := range missing {
		if err := f.ask(ctx, kind, list); err != nil {
			return err
		}
	}
	return nil
}

// Path is where a fetched source lies.
func (f *Fetcher) Path(s recipe.Source) string { return filepath.Join(f.Cache, s.SHA256, s.File) }

// have tells whether the source is in the cache, after a look into the local folder.
func (f *Fetcher) have(s recipe.Source) (bool, error) {
	if _, err := os.Stat(f.Path(s)); err == nil {
		return true, nil
	}
	if f.Local == "" {
		return false, nil
	}
	file := filepath.Join(f.Local, s.File)
	if _, err := os.Stat(file); os.IsNotExist(err) {
		return false, nil
	}
	return true, f.keep(s, file)
}

func (f *Fetcher) ask(ctx context.Context, kind string, sources []recipe.Source) error {
	if err := os.MkdirAll(f.Cache, 0o755); err != nil {
		return fmt.Errorf("make the cache of sources: %w", err)
	}
	dir, err := os.MkdirTemp(f.Cache, "fetching-")
	if err != nil {
		return fmt.Errorf("make a folder to fetch into: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := registries[kind](ctx, f.Client, dir, sources); err != nil {
		if err = f.blame(ctx, kind, dir, sources, err); err != nil {
			return fmt.Errorf("fetch from %s: %w (a folder named by LUMO_SOURCES can stand in)", kind, err)
		}
	}
	for _, s := range sources {
		if err := f.keep(s, filepath.Join(dir, s.File)); err != nil {
			return err
		}
	}
	return nil
}

// keep verifies a file and copies it into the cache.
func (f *Fetcher) keep(s recipe.Source, file string) error {
	got, err := step.FileDigest(file)
	if err != nil {
		return fmt.Errorf("%s %s %s did not bring %s: %w", s.Kind, s.Name, s.Version, s.File, err)
	}
	if got != s.SHA256 {
		return &HashError{Source: s, Got: got}
	}
	if err := os.MkdirAll(filepath.Dir(f.Path(s)), 0o755); err != nil {
		return fmt.Errorf("keep %s: %w", s.File, err)
	}
	tmp := f.Path(s) + ".tmp"
	if err := CopyFile(file, tmp); err != nil {
		return fmt.Errorf("keep %s: %w", s.File, err)
	}
	if err := os.Rename(tmp, f.Path(s)); err != nil {
		return fmt.Errorf("keep %s: %w", s.File, err)
	}
	return nil
}

// CopyFile copies a file with its mode.
func CopyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
