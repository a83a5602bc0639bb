package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// testDep is an entry of test/deps.json: a package that tests use, and where under .cache/testdeps it is to lie. A dest
// that ends like an archive is the archive itself; any other is the folder that it is unpacked into.
type testDep struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"` // group:artifact:version, name@version, name==version or source=version, after the registry's habit
	File   string `json:"file"` // the registry's file name, where it does not follow from the name (pypi, debian)
	SHA256 string `json:"sha256"`
	Dest   string `json:"dest"`
}

// depsTarget fetches the packages that tests use, installs the linters, and looks for a C compiler and the other
// architecture's qemu.
func depsTarget(ctx context.Context, t *tree, _ host.Arch, _ io.Writer) error {
	if err := t.testDeps(ctx); err != nil {
		return err
	}
	if err := t.awsDeps(ctx); err != nil {
		return err
	}
	if _, err := t.linters(ctx); err != nil {
		return err
	}
	if err := t.ensureCompiler(ctx); err != nil {
		return err
	}
	return t.ensureQemu(ctx)
}

func (t *tree) testDeps(ctx context.Context) error {
	text, err := os.ReadFile(t.path("test", "deps.json"))
	if err != nil {
		return fmt.Errorf("read what the tests use: %w", err)
	}
	var deps []testDep
	if err := json.Unmarshal(text, &deps); err != nil {
		return fmt.Errorf("read test/deps.json: %w", err)
	}
	var sources []recipe.Source
	for _, d := range deps {
		s, err := d.source()
		if err != nil {
			return fmt.Errorf("test/deps.json: %w", err)
		}
		sources = append(sources, s)
	}
	k := step.NewKey("testdeps")
	k.Text("deps", string(text))
	dir, err := t.steps.Make(ctx, &step.Step{Name: "testdeps", Key: k.Sum(),
		Make: func(ctx context.Context, job *step.Job) error {
			if err := t.fetch(ctx, job, sources); err != nil {
				return err
			}
			for i, d := range deps {
				if err := place(t.sources.Path(sources[i]), job.Out, d.Dest); err != nil {
					return err
				}
			}
			return nil
		}})
	if err != nil {
		return err
	}
	return pointTo(t.path(".cache", "testdeps"), dir)
}

// source is the pin of a dependency as a recipe would write it.
func (d testDep) source() (recipe.Source, error) {
	s := recipe.Source{Kind: d.Kind, SHA256: d.SHA256, File: d.File}
	separator := map[string]string{"maven": ":", "npm": "@", "pypi": "==", "debian": "="}[d.Kind]
	at := strings.LastIndex(d.Name, separator)
	if separator == "" || at <= 0 {
		return s, fmt.Errorf("%q of kind %q names no version", d.Name, d.Kind)
	}
	s.Name, s.Version = d.Name[:at], d.Name[at+len(separator):]
	if s.File == "" {
		switch d.Kind {
		case "maven":
			s.File = s.Name[strings.LastIndex(s.Name, ":")+1:] + "-" + s.Version + ".jar"
		case "npm":
			s.File = strings.ReplaceAll(strings.TrimPrefix(s.Name, "@"), "/", "-") + "-" + s.Version + ".tgz"
		default:
			return s, fmt.Errorf("%s needs its \"file\": a package of kind %s has several", d.Name, d.Kind)
		}
	}
	return s, s.Check()
}

func place(file, out, dest string) error {
	if !filepath.IsLocal(dest) {
		return fmt.Errorf("dest %q is not below the folder of test dependencies", dest)
	}
	to := filepath.Join(out, dest)
	if filepath.Ext(dest) != filepath.Ext(file) {
		return fetch.Unpack(file, to)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("place %s: %w", dest, err)
	}
	if err := fetch.CopyFile(file, to); err != nil {
		return fmt.Errorf("place %s: %w", dest, err)
	}
	return nil
}

// pointTo makes name a symbolic link to dir.
func pointTo(name, dir string) error {
	if old, err := os.Readlink(name); err == nil && old == dir {
		return nil
	}
	tmp := name + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("point %s to its folder: %w", filepath.Base(name), err)
	}
	if err := os.Symlink(dir, tmp); err != nil {
		return fmt.Errorf("point %s to its folder: %w", filepath.Base(name), err)
	}
	if err := os.Rename(tmp, name); err != nil {
		return fmt.Errorf("point %s to its folder: %w", filepath.Base(name), err)
	}
	return nil
}

// ensureCompiler looks for the C compiler that `go test -race` links with.
func (t *tree) ensureCompiler(ctx context.Context) error {
	_, err := host.Find("gcc", "links the programs of go test -race")
	return t.ensure(ctx, err, "gcc", "libc6-dev")
}

// ensureQemu makes sure that programs of the other architecture run here, static and dynamic.
func (t *tree) ensureQemu(ctx context.Context) error {
	native, err := host.Native()
	if err != nil {
		return err
	}
	for _, arch := range host.Arches {
		if arch == native {
			continue
		}
		_, err := arch.Command(ctx, "", "")
		if err := t.ensure(ctx, err, "qemu-user-static"); err != nil {
			return err
		}
		_, err = arch.DynamicCommand(ctx, "", "")
		if err := t.ensure(ctx, err, arch.LibraryPackages()...); err != nil {
			return err
		}
	}
	return nil
}

// ensure installs the packages where err is a missing tool and this is root on a Debian; any other err it returns.
func (t *tree) ensure(ctx context.Context, err error, packages ...string) error {
	var missing *host.MissingToolError
	if !errors.As(err, &missing) {
		return err
	}
	apt, aptErr := exec.LookPath("apt-get")
	if os.Getuid() != 0 || aptErr != nil {
		return missing
	}
	return t.aptInstall(ctx, apt, packages)
}

func (t *tree) aptInstall(ctx context.Context, apt string, packages []string) error {
	fmt.Fprintf(t.out, "installing %s with apt-get\n", strings.Join(packages, " "))
	install := append([]string{"install", "-y", "--no-install-recommends"}, packages...)
	for _, args := range [][]string{{"update"}, install} {
		cmd := exec.CommandContext(ctx, apt, append([]string{"-qq"}, args...)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Stdout, cmd.Stderr = t.out, t.out
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("install %s: %w", strings.Join(packages, " "), err)
		}
	}
	return nil
}
