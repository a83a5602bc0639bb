package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// The peers of `make bench`, found as .cache/bench/<name>: node, the Node.js of its project, for glibc; peers, the npm packages
// of benchLock, AWS's runtime client among them; advanced, the functions as compiled ClojureScript.
const (
	benchLock      = "bench/lock"
	advancedRecipe = "bench-advanced"
)

// benchDepsTarget makes what `make bench` measures beside this project's own artefacts.
func benchDepsTarget(ctx context.Context, t *tree, _ host.Arch, _ io.Writer) error {
	native, err := host.Native()
	if err != nil {
		return err
	}
	node, err := t.flavouredEngineStep(native, dynamic)
	if err != nil {
		return err
	}
	peers, err := t.peersStep(ctx, native)
	if err != nil {
		return err
	}
	advanced, err := t.recipeStep(advancedRecipe)
	if err != nil {
		return err
	}
	links := t.path(".cache", "bench")
	if err := os.MkdirAll(links, 0o755); err != nil {
		return fmt.Errorf("make a folder for the bench's peers: %w", err)
	}
	for name, s := range map[string]*step.Step{"node": node, "peers": peers, "advanced": advanced} {
		dir, err := t.steps.Make(ctx, s)
		if err != nil {
			return err
		}
		if err := pointTo(filepath.Join(links, name), dir); err != nil {
			return err
		}
	}
	return nil
}

// peersStep installs the packages of benchLock. AWS's runtime client has an addon, which its own scripts compile, against the
// headers that come with the Node.js that it will run on.
func (t *tree) peersStep(ctx context.Context, arch host.Arch) (*step.Step, error) {
	for _, tool := range []struct{ name, pkg string }{{"cmake", "cmake"}, {"g++", "g++"}, {"make", "make"}, {"xz", "xz-utils"}} {
		_, err := host.Find(tool.name, "compiles AWS's runtime client, which make bench compares with")
		if err := t.ensure(ctx, err, tool.pkg); err != nil {
			return nil, err
		}
	}
	npm, err := host.Find("npm", "installs packages from the npm registry")
	if err != nil {
		return nil, err
	}
	r, err := t.recipe(dynamicRecipe)
	if err != nil {
		return nil, err
	}
	sources := sourcesFor(r.Sources, arch, arch)
	if len(sources) != 1 {
		return nil, errors.New("bug: the dynamic engine is not of one source")
	}
	node := t.fetchStep(dynamicRecipe, sources)
	k := step.NewKey("bench-peers")
	k.Text("node", node.Key)
	if err := k.Files(t.root, benchLock); err != nil {
		return nil, err
	}
	return &step.Step{Name: "bench-peers", Key: k.Sum(), Needs: []*step.Step{node},
		Make: func(ctx context.Context, job *step.Job) error {
			run := func(ctx context.Context, dir string, argv ...string) error {
				return job.Run(ctx, dir, os.Environ(), argv...) // a client finds its settings by the environment
			}
			if err := fetch.NpmTree(ctx, run, t.path(benchLock), job.Out); err != nil {
				return err
			}
			headers := filepath.Join(job.Work, "node")
			if err := fetch.UnpackTop(filepath.Join(job.Dir(node), sources[0].File), headers); err != nil {
				return err
			}
			env := append(os.Environ(), "npm_config_nodedir="+headers)
			return job.Run(ctx, job.Out, env, npm, "rebuild", "--foreground-scripts", "aws-lambda-ric")
		}}, nil
}
