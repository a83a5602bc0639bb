package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// recipeStep turns a recipe into the step that makes it, and what it needs into the steps before that.
func (t *tree) recipeStep(name string) (*step.Step, error) {
	native, err := host.Native()
	if err != nil {
		return nil, err
	}
	r, err := t.recipe(name)
	if err != nil {
		return nil, err
	}
	needs := map[string]*step.Step{}
	keys := map[string]string{}
	for _, need := range r.Needs {
		if need == "engine" {
			needs[need], err = t.engineStep(native)
		} else {
			needs[need], err = t.recipeStep(need)
		}
		if err != nil {
			return nil, err
		}
		keys[need] = needs[need].Key
	}
	if keys["engine"] != "" {
		// The engine only runs programs: what they write follows from its version, not from how it was compiled.
		engines, err := t.engines()
		if err != nil {
			return nil, err
		}
		keys["engine"] = engines.Version
	}
	key, err := r.Key(t.root, keys)
	if err != nil {
		return nil, err
	}
	s := &step.Step{Name: name, Key: key, Make: func(ctx context.Context, job *step.Job) error {
		return t.makeRecipe(ctx, r, needs, job)
	}}
	for _, need := range r.Needs {
		s.Needs = append(s.Needs, needs[need])
	}
	if sources := forMachine(r.Sources, native); len(sources) > 0 {
		needs["sources"] = t.fetchStep(name, sources)
		s.Needs = append(s.Needs, needs["sources"])
	}
	return s, nil
}

// forMachine leaves out the sources for other machines than the one that builds.
func forMachine(sources []recipe.Source, native host.Arch) []recipe.Source {
	return slices.DeleteFunc(slices.Clone(sources), func(s recipe.Source) bool {
		return s.Machine != "" && s.Machine != string(native)
	})
}

// fetchStep brings sources into one folder. It is the only kind of step that uses the network.
func (t *tree) fetchStep(name string, sources []recipe.Source) *step.Step {
	k := step.NewKey("fetch-" + name)
	for _, s := range sources {
		k.Text(s.File, s.SHA256)
	}
	return &step.Step{Name: "fetch-" + name, Key: k.Sum(), Make: func(ctx context.Context, job *step.Job) error {
		if err := t.fetch(ctx, job, sources); err != nil {
			return err
		}
		for _, s := range sources {
			if err := os.Link(t.sources.Path(s), filepath.Join(job.Out, s.File)); err != nil {
				return fmt.Errorf("lay out %s: %w", s.File, err)
			}
		}
		return nil
	}}
}

func (t *tree) fetch(ctx context.Context, job *step.Job, sources []recipe.Source) error {
	f := *t.sources
	f.Client = func(ctx context.Context, dir string, argv ...string) error {
		return job.Run(ctx, dir, os.Environ(), argv...) // a client finds its settings by the environment
	}
	return f.Fetch(ctx, sources)
}

// makeRecipe fills a recipe's output: its sources when there is nothing to do with them, else what it unpacks and runs.
// Programs see the paths of the tree, of the output, of the scratch folder and of each need, and little else.
func (t *tree) makeRecipe(ctx context.Context, r *recipe.Recipe, needs map[string]*step.Step, job *step.Job) error {
	native, err := host.Native()
	if err != nil {
		return err
	}
	for _, s := range forMachine(r.Sources, native) {
		if err := placeSource(r, filepath.Join(job.Dir(needs["sources"]), s.File), job.Out); err != nil {
			return err
		}
	}
	vars := map[string]string{"root": t.root, "out": job.Out, "work": job.Work, "version": r.Version}
	for name, need := range needs {
		vars[name] = job.Dir(need)
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + job.Work, "LC_ALL=C.UTF-8", "TZ=UTC"}
	for _, run := range r.Runs {
		argv, err := expand(run.Argv, vars)
		if err != nil {
			return fmt.Errorf("run %s: %w", run.Name, err)
		}
		if err := job.Run(ctx, job.Work, env, argv...); err != nil {
			return fmt.Errorf("run %s: %w", run.Name, err)
		}
	}
	paths, err := expand(r.Strip, vars)
	if err != nil {
		return fmt.Errorf("strip: %w", err)
	}
	return strip(job.Out, paths, t.root)
}

// strip takes paths of this machine out of a recipe's output, in their order, so that it is the same wherever it was
// made. One that is still there afterwards is an error.
func strip(out string, paths []string, root string) error {
	if len(paths) == 0 {
		return nil
	}
	files, err := step.ListFiles(out, ".")
	if err != nil {
		return err
	}
	for _, file := range files {
		name := filepath.Join(out, file)
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("strip %s: %w", file, err)
		}
		for _, path := range paths {
			text = bytes.ReplaceAll(text, []byte(path), nil)
		}
		if bytes.Contains(text, []byte(root)) {
			return fmt.Errorf("%s still names the folder %s", file, root)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return fmt.Errorf("strip %s: %w", file, err)
		}
	}
	return nil
}

// placeSource unpacks a source that is to be unpacked. A recipe that runs nothing passes its other sources on.
func placeSource(r *recipe.Recipe, file, out string) error {
	for _, pattern := range r.Unpack {
		if match, err := path.Match(pattern, filepath.Base(file)); err != nil {
			return fmt.Errorf("unpack %q: %w", pattern, err)
		} else if match {
			return fetch.Unpack(file, out)
		}
	}
	if len(r.Runs) > 0 {
		return nil
	}
	if err := os.Link(file, filepath.Join(out, filepath.Base(file))); err != nil {
		return fmt.Errorf("lay out %s: %w", filepath.Base(file), err)
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{([^}/]+)(/[^}]*)?\}`)

// expand puts the values of ${name} into an argument vector; ${name/*.jar} becomes the sorted matches, joined by colons.
func expand(argv []string, vars map[string]string) ([]string, error) {
	out := make([]string, len(argv))
	var bad error
	for i, arg := range argv {
		out[i] = variable.ReplaceAllStringFunc(arg, func(ref string) string {
			parts := variable.FindStringSubmatch(ref)
			dir, ok := vars[parts[1]]
			if !ok {
				bad = fmt.Errorf("%s is not known here", ref)
			}
			if parts[2] == "" {
				return dir
			}
			matches, err := filepath.Glob(dir + parts[2])
			if err != nil || len(matches) == 0 {
				bad = fmt.Errorf("%s matches nothing", ref)
			}
			return strings.Join(matches, ":")
		})
	}
	return out, bad
}
