package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

const (
	// staticcheck is pinned by a module file of its own, so that users of this module do not see it.
	lintModule = "build/tools/lint.mod"
	toolsDir   = "build/tools"
)

// cljFolders hold the ClojureScript and Clojure whose form is checked.
var cljFolders = []string{"lumo", "build/recipes", "examples", "test"}

// linters installs what build/tools/package-lock.json pins, each package by its hash, and returns the folder of their
// programs.
func (t *tree) linters(ctx context.Context) (string, error) {
	files := []string{"package.json", "package-lock.json"}
	k := step.NewKey("linters")
	for _, file := range files {
		if err := k.Files(t.root, filepath.Join(toolsDir, file)); err != nil {
			return "", err
		}
	}
	dir, err := t.steps.Make(ctx, &step.Step{Name: "linters", Key: k.Sum(),
		Make: func(ctx context.Context, job *step.Job) error {
			npm, err := host.Find("npm", "installs the linters for JavaScript and ClojureScript")
			if err != nil {
				return err
			}
			for _, file := range files {
				if err := fetch.CopyFile(t.path(toolsDir, file), filepath.Join(job.Out, file)); err != nil {
					return fmt.Errorf("copy %s: %w", file, err)
				}
			}
			return job.Run(ctx, job.Out, os.Environ(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		}})
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "node_modules", ".bin"), nil
}

// lintTarget runs all linters, and fails after the last if one has found something.
func lintTarget(ctx context.Context, t *tree, _ host.Arch, _ io.Writer) error {
	bin, err := t.linters(ctx)
	if err != nil {
		return err
	}
	clj, err := t.cljFiles()
	if err != nil {
		return err
	}
	found := 0
	for _, check := range []struct {
		name string
		argv []string
	}{
		{"gofmt", []string{"gofmt", "-l", "."}},
		{"go vet", []string{"go", "vet", "./..."}},
		{"staticcheck", []string{"go", "tool", "-modfile=" + lintModule, "staticcheck", "./..."}},
		{"biome", []string{filepath.Join(bin, "biome"), "ci", "--config-path=" + toolsDir, "lumo/js", "build/recipes"}},
		{"standard-clj", append([]string{filepath.Join(bin, "standard-clj"), "check"}, clj...)},
	} {
		var out bytes.Buffer
		err := t.command(ctx, &out, check.argv...)
		// gofmt has nothing but its output to say that a file is not in form.
		if err == nil && (check.name != "gofmt" || out.Len() == 0) {
			continue
		}
		found++
		fmt.Fprintf(t.out, "%s: %v\n%s", check.name, cmpErr(err), out.String())
	}
	if found > 0 {
		return fmt.Errorf("%d of the linters have found something; `make fmt` puts the form right", found)
	}
	fmt.Fprintln(t.out, "lint: Go, JavaScript and ClojureScript are in form")
	return nil
}

func cmpErr(err error) string {
	if err == nil {
		return "not in form:"
	}
	return err.Error()
}

// fmtTarget rewrites all source in its language's form.
func fmtTarget(ctx context.Context, t *tree, _ host.Arch, _ io.Writer) error {
	bin, err := t.linters(ctx)
	if err != nil {
		return err
	}
	clj, err := t.cljFiles()
	if err != nil {
		return err
	}
	for _, argv := range [][]string{
		{"gofmt", "-w", "."},
		{filepath.Join(bin, "biome"), "format", "--write", "--config-path=" + toolsDir, "lumo/js", "build/recipes"},
		append([]string{filepath.Join(bin, "standard-clj"), "fix"}, clj...),
	} {
		if err := t.command(ctx, t.out, argv...); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program in the project's folder.
func (t *tree) command(ctx context.Context, out io.Writer, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.root, out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(argv[:min(len(argv), 2)], " "), err)
	}
	return nil
}

func (t *tree) cljFiles() ([]string, error) {
	var clj []string
	for _, folder := range cljFolders {
		files, err := step.ListFiles(t.root, folder)
		if err != nil {
			return nil, err
		}
		clj = append(clj, slices.DeleteFunc(files, func(name string) bool {
			return !slices.Contains([]string{".cljs", ".cljc", ".clj"}, filepath.Ext(name)) ||
				strings.Contains(name, "/testdata/") || strings.Contains(name, "/node_modules/")
		})...)
	}
	return clj, nil
}
