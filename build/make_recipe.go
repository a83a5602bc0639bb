package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// makeRecipe fills a recipe's output: its sources when there is nothing to do with them, else what it unpacks and runs.
// Programs see the paths of the tree, of the output, of the scratch folder and of each need, and little else.
//
// # Interruption
//
// The scratch folder outlives a build that is interrupted or fails, the output does not. So what only works in the
// scratch folder is done once, and a compile of half an hour goes on where it stopped; a run that mentions ${out} is
// done again.
func (t *tree) makeRecipe(ctx context.Context, r *recipe.Recipe, arch host.Arch, needs map[string]*step.Step, job *step.Job) error {
	native, err := host.Native()
	if err != nil {
		return err
	}
	for _, s := range sourcesFor(r.Sources, native, arch) {
		if err := placeSource(r, filepath.Join(job.Dir(needs["sources"]), s.File), job); err != nil {
			return err
		}
	}
	vars := map[string]string{"root": t.root, "recipe": r.Dir, "out": job.Out, "work": job.Work, "version": r.Version}
	for name, need := range needs {
		vars[name] = job.Dir(need)
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + job.Work, "LC_ALL=C.UTF-8", "TZ=UTC"}
	if r.Target {
		env = append(env, t.compilerEnv(arch, vars)...)
	}
	own, err := expand(r.Env, vars)
	if err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	env = append(env, own...)
	for i, run := range r.Runs {
		again := slices.ContainsFunc(run.Argv, func(arg string) bool { return strings.Contains(arg, "${out") })
		err := once(filepath.Join(job.Work, fmt.Sprintf(".done-%02d-%s", i, run.Name)), again, func() error {
			return runRecipe(ctx, run, vars, env, job)
		})
		if err != nil {
			return fmt.Errorf("run %s: %w", run.Name, err)
		}
	}
	paths, err := expand(r.Strip, vars)
	if err != nil {
		return fmt.Errorf("strip: %w", err)
	}
	return strip(job.Out, paths, t.root)
}

// runRecipe runs one program of a recipe, for each file that it is for.
func runRecipe(ctx context.Context, run recipe.Run, vars map[string]string, env []string, job *step.Job) error {
	dir := filepath.Join(job.Work, run.Dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder to run in: %w", err)
	}
	files := []string{""}
	limit := 1
	if run.All != "" {
		limit = runtime.NumCPU()
	}
	if of := cmp.Or(run.Each, run.All); of != "" {
		pattern, err := expand([]string{of}, vars)
		if err != nil {
			return err
		}
		if !filepath.IsAbs(pattern[0]) {
			pattern[0] = filepath.Join(dir, pattern[0])
		}
		if files, err = filepath.Glob(pattern[0]); err != nil || len(files) == 0 {
			return fmt.Errorf("%s matches no file", of)
		}
	}
	runs, ctx := errgroup.WithContext(ctx) // the first that fails ends the others
	runs.SetLimit(limit)
	for _, file := range files {
		runs.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			mine := maps.Clone(vars)
			mine["each"] = file
			if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
				mine["each"] = rel // a path below the working directory says nothing about this machine
			}
			mine["stem"] = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
			argv, err := expand(run.Argv, mine)
			if err != nil {
				return err
			}
			return job.Run(ctx, dir, env, lookPath(argv, env)...)
		})
	}
	return runs.Wait()
}

// lookPath finds argv[0] on the PATH that the program is to have, which need not be this program's.
func lookPath(argv, env []string) []string {
	if strings.Contains(argv[0], "/") {
		return argv
	}
	for _, v := range env {
		dirs, ok := strings.CutPrefix(v, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(dirs) {
			file := filepath.Join(dir, argv[0])
			if info, err := os.Stat(file); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
				return append([]string{file}, argv[1:]...)
			}
		}
	}
	return argv
}

// once does what the file done does not say is done.
func once(done string, again bool, do func() error) error {
	if !again {
		if _, err := os.Stat(done); err == nil {
			return nil
		}
	}
	if err := do(); err != nil {
		return err
	}
	if again {
		return nil
	}
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		return fmt.Errorf("note what is done: %w", err)
	}
	return nil
}

// placeSource unpacks a source that is to be unpacked. A recipe that runs nothing passes its other sources on.
func placeSource(r *recipe.Recipe, file string, job *step.Job) error {
	for _, u := range r.Unpack {
		match, err := path.Match(u.Pattern, filepath.Base(file))
		if err != nil {
			return fmt.Errorf("unpack %q: %w", u.Pattern, err)
		}
		if !match {
			continue
		}
		if u.Into == "" {
			return fetch.Unpack(file, job.Out)
		}
		dir := filepath.Join(job.Work, u.Into)
		return once(filepath.Join(job.Work, ".unpacked-"+filepath.Base(file)), false, func() error {
			if err := os.RemoveAll(dir); err != nil {
				return fmt.Errorf("clear what an interrupted unpacking left: %w", err)
			}
			return fetch.UnpackTop(file, dir)
		})
	}
	if len(r.Runs) > 0 {
		return nil
	}
	if err := os.Link(file, filepath.Join(job.Out, filepath.Base(file))); err != nil {
		return fmt.Errorf("lay out %s: %w", filepath.Base(file), err)
	}
	return nil
}
