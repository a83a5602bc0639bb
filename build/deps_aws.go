package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// The AWS SDK smoke (test/aws_test.go) runs the SDKs against real servers. Each of the three is pinned by the lock file of
// its registry's own client, made once, and found as .cache/aws/<name>.
const (
	// versitygw serves S3. Its module file is its own, as users of this module have no use for its dependencies.
	versitygwModule  = "build/tools/versitygw.mod"
	versitygwSums    = "build/tools/versitygw.sum"
	versitygwPackage = "github.com/versity/versitygw/cmd/versitygw"
	// moto serves DynamoDB, SQS, STS and Lambda.
	motoRequirements = "test/lock/moto.txt"
	// cfn-lint checks the deployment templates; it has nothing to do with the smoke but the way in which it comes.
	cfnLintRequirements = "test/lock/cfn-lint.txt"
	// sdk holds aws-sdk v2 and the clients of v3, as nodejs/node_modules: a layer.
	sdkLock = "test/lock/npm"
)

func (t *tree) awsDeps(ctx context.Context) error {
	steps, err := t.awsSteps(ctx)
	if err != nil {
		return err
	}
	for _, s := range steps {
		dir, err := t.steps.Make(ctx, s)
		if err != nil {
			return err
		}
		links := t.path(".cache", "aws")
		if err := os.MkdirAll(links, 0o755); err != nil {
			return err
		}
		if err := pointTo(filepath.Join(links, s.Name), dir); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) awsSteps(ctx context.Context) ([]*step.Step, error) {
	python, err := pythonVersion(ctx)
	if err != nil {
		return nil, err
	}
	var steps []*step.Step
	for _, of := range []struct {
		name   string
		inputs []string
		maker  string // what else the result follows from
		fetch  func(ctx context.Context, run fetch.Client, out string) error
	}{
		{"versitygw", []string{versitygwModule, versitygwSums}, runtime.Version() + " " + runtime.GOARCH,
			func(ctx context.Context, run fetch.Client, out string) error {
				return fetch.GoTool(ctx, run, t.root, versitygwModule, versitygwPackage, out)
			}},
		{"moto", []string{motoRequirements}, python, // a wheel with machine code is for one version
			func(ctx context.Context, run fetch.Client, out string) error {
				return fetch.PipTree(ctx, run, t.path(motoRequirements), out)
			}},
		{"cfn-lint", []string{cfnLintRequirements}, python,
			func(ctx context.Context, run fetch.Client, out string) error {
				return fetch.PipTree(ctx, run, t.path(cfnLintRequirements), out)
			}},
		{"sdk", []string{sdkLock}, "",
			func(ctx context.Context, run fetch.Client, out string) error {
				folder := filepath.Join(out, "nodejs")
				if err := os.Mkdir(folder, 0o755); err != nil {
					return err
				}
				return fetch.NpmTree(ctx, run, t.path(sdkLock), folder)
			}},
	} {
		k := step.NewKey(of.name)
		k.Text("maker", of.maker)
		for _, input := range of.inputs {
			if err := k.Files(t.root, input); err != nil {
				return nil, err
			}
		}
		steps = append(steps, &step.Step{Name: of.name, Key: k.Sum(), Make: func(ctx context.Context, job *step.Job) error {
			run := func(ctx context.Context, dir string, argv ...string) error {
				return job.Run(ctx, dir, os.Environ(), argv...) // a client finds its settings by the environment
			}
			return of.fetch(ctx, run, job.Out)
		}})
	}
	return steps, nil
}

// pythonVersion is that of the Python that installs moto and runs it.
func pythonVersion(ctx context.Context) (string, error) {
	python, err := host.Find("python3", "runs moto, the tests' AWS")
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, python, "-c",
		"import sys, sysconfig; print(sys.implementation.cache_tag, sysconfig.get_platform()); sys.exit(sys.version_info < (3, 10))").Output()
	if err != nil {
		return "", errors.New("moto, the tests' AWS, needs Python 3.10 or newer as python3")
	}
	return string(out), nil
}
