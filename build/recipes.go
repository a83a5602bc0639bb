package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// recipeStep turns a recipe into the step that makes it for the machine that builds.
func (t *tree) recipeStep(name string) (*step.Step, error) {
	native, err := host.Native()
	if err != nil {
		return nil, err
	}
	return t.recipeStepFor(name, native)
}

// recipeStepFor turns a recipe into the step that makes it, and what it needs into the steps before that. Those of them
// that are for one architecture are made for arch; a need that ends in -native, for the machine that builds.
func (t *tree) recipeStepFor(name string, arch host.Arch) (*step.Step, error) {
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
			of := arch
			plain, forNative := strings.CutSuffix(need, "-native")
			if forNative {
				of = native
			}
			needs[need], err = t.recipeStepFor(plain, of)
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
	stepName := name
	if r.Target {
		stepName = name + "-" + string(arch)
		k := step.NewKey(stepName)
		k.Text("recipe", key)
		key = k.Sum()
	}
	s := &step.Step{Name: stepName, Key: key, Make: func(ctx context.Context, job *step.Job) error {
		return t.makeRecipe(ctx, r, arch, needs, job)
	}}
	for _, need := range r.Needs {
		s.Needs = append(s.Needs, needs[need])
	}
	if sources := sourcesFor(r.Sources, native, arch); len(sources) > 0 {
		needs["sources"] = t.fetchStep(name, sources)
		s.Needs = append(s.Needs, needs["sources"])
	}
	return s, nil
}

// sourcesFor leaves out the sources for other machines than the one that builds, and for other architectures than the one
// that is built for.
func sourcesFor(sources []recipe.Source, native, arch host.Arch) []recipe.Source {
	return slices.DeleteFunc(slices.Clone(sources), func(s recipe.Source) bool {
		return s.Machine != "" && s.Machine != string(native) || s.Arch != "" && s.Arch != string(arch)
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

var variable = regexp.MustCompile(`\$\{([^}/]+)(/[^}]*)?\}`)

// expand puts the values of ${name} into an argument vector; ${name/*.jar} becomes the sorted matches, joined by colons,
// or an argument each when that is all of the argument and three dots follow it. An argument of which nothing is left
// is left out.
func expand(argv []string, vars map[string]string) ([]string, error) {
	var out []string
	var bad error
	for _, arg := range argv {
		list, each := strings.CutSuffix(arg, "}...")
		if each {
			arg = list + "}"
		}
		text := variable.ReplaceAllStringFunc(arg, func(ref string) string {
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
		switch {
		case each:
			out = append(out, strings.Split(text, ":")...)
		case text != "" || arg == "":
			out = append(out, text)
		}
	}
	return out, bad
}
