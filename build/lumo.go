package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/sea"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// lumoStep joins the engine of a flavour and the bundle, and tries the result. Where the engine can start from a snapshot of a
// file, that of the runtime lies beside it.
func (t *tree) lumoStep(ctx context.Context, arch host.Arch, f flavour) (*step.Step, error) {
	engine, err := t.flavouredEngineStep(arch, f)
	if err != nil {
		return nil, err
	}
	// Asked for here, and not as a need, because the bundle has things to say to a person.
	dir, bundle, err := t.bundle(ctx)
	if err != nil {
		return nil, err
	}
	name := "lumo-" + f.label(arch)
	k := step.NewKey(name)
	k.Text("engine", engine.Key)
	k.Text("bundle", bundle.Key)
	for _, source := range []string{"build/internal/sea", "build/internal/elfnote"} {
		if err := k.Files(t.root, source, "*_test.go"); err != nil {
			return nil, err
		}
	}
	return &step.Step{
		Name:  name,
		Key:   k.Sum(),
		Needs: []*step.Step{engine},
		Make: func(ctx context.Context, job *step.Job) error {
			exe := filepath.Join(job.Dir(engine), engineExe)
			if f == dynamic {
				stripped := filepath.Join(job.Work, engineExe)
				if err := prepareDynamicEngine(exe, stripped); err != nil {
					return err
				}
				exe = stripped
			}
			out := filepath.Join(job.Out, "lumo")
			if err := sea.Build(ctx, f.runner(arch), exe, dir, filepath.Join(job.Work, "sea"), out, job.Log); err != nil {
				return err
			}
			if err := tryLumo(ctx, f.runner(arch), out, job.Log); err != nil {
				return err
			}
			takes, err := sea.TakesSnapshots(exe)
			if err != nil || !takes {
				return err
			}
			return sea.BuildRuntime(ctx, f.runner(arch), exe, dir, filepath.Join(job.Work, "runtime"), out, job.Out, job.Log)
		},
	}, nil
}

// tryLumo has a new lumo compute something, on its own architecture: a snapshot that was made wrong shows here.
func tryLumo(ctx context.Context, run host.Runner, exe string, log io.Writer) error {
	cmd, err := run(ctx, exe, exe, "-e", "(reduce + (map inc (range 4)))")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&out, log), log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("try the new lumo: %w", err)
	}
	if got := strings.TrimSpace(out.String()); got != "10" {
		return fmt.Errorf("the new lumo says %q where 10 is right", got)
	}
	return nil
}

func lumoTarget(ctx context.Context, t *tree, arch host.Arch, stdout io.Writer) error {
	exe, err := t.lumo(ctx, arch, t.flavour)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, exe)
	return nil
}

// lumo is the path of an architecture's lumo of a flavour, made.
func (t *tree) lumo(ctx context.Context, arch host.Arch, f flavour) (string, error) {
	s, err := t.lumoStep(ctx, arch, f)
	if err != nil {
		return "", err
	}
	dir, err := t.steps.Make(ctx, s)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "lumo"), nil
}
