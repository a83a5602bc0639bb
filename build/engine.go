package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ulikunitz/xz"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// enginesFile is build/prebuilt/engine.json: what the compressed engines beside it are.
type enginesFile struct {
	Version string                   `json:"version"` // Node's
	Engines map[host.Arch]engineFile `json:"engines"`
}

type engineFile struct {
	Inputs     string `json:"inputs"` // key of build/recipes/node and all it needs
	File       string `json:"file"`
	FileSHA256 string `json:"fileSha256"`
	FileBytes  int64  `json:"fileBytes"`
	SHA256     string `json:"sha256"` // of the executable
	Bytes      int64  `json:"bytes"`
}

// engineExe is the executable's name in the step's output.
const engineExe = "node"

func (t *tree) engines() (*enginesFile, error) {
	text, err := os.ReadFile(t.path("build", "prebuilt", "engine.json"))
	if err != nil {
		return nil, fmt.Errorf("read what the prebuilt engines are: %w", err)
	}
	var f enginesFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("read build/prebuilt/engine.json: %w", err)
	}
	return &f, nil
}

// engineStep unpacks the prebuilt engine of an architecture and verifies it, as long as it fits the recipes; when it does
// not, it is the step that compiles another.
func (t *tree) engineStep(arch host.Arch) (*step.Step, error) {
	all, err := t.engines()
	if err != nil {
		return nil, err
	}
	e, ok := all.Engines[arch]
	if !ok {
		return nil, fmt.Errorf("build/prebuilt has no engine for %s", arch)
	}
	source, err := t.recipeStepFor(engineRecipe, arch)
	if err != nil {
		return nil, err
	}
	if source.Key != e.Inputs {
		t.sayStale(arch, source)
		return source, nil
	}
	return t.prebuiltEngineStep(arch, e), nil
}

// sayStale tells a person, once, that the kept engine will not do, before half an hour goes into another.
func (t *tree) sayStale(arch host.Arch, source *step.Step) {
	if t.stale[arch] || t.steps.Done(source) {
		return
	}
	t.stale[arch] = true
	fmt.Fprintf(t.out, "build/prebuilt/engine-%s.xz does not fit build/recipes/node and what it needs: Node.js is compiled, "+
		"which takes a while (docs/engine.md says how long). Before you commit, `go run ./build engine-from-source %s` "+
		"packs the result into build/prebuilt\n", arch, arch)
}

// prebuiltEngineStep unpacks and verifies.
func (t *tree) prebuiltEngineStep(arch host.Arch, e engineFile) *step.Step {
	return &step.Step{
		Name: "engine-" + string(arch),
		Key:  e.SHA256,
		Make: func(_ context.Context, job *step.Job) error {
			exe := filepath.Join(job.Out, engineExe)
			if err := unxz(t.path("build", "prebuilt", e.File), exe); err != nil {
				return err
			}
			got, err := step.FileDigest(exe)
			if err != nil {
				return err
			}
			if got != e.SHA256 {
				return fmt.Errorf("build/prebuilt/%s holds an executable with sha256 %s, not %s", e.File, got, e.SHA256)
			}
			return nil
		},
	}
}

func unxz(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("open the compressed engine: %w", err)
	}
	defer in.Close()
	plain, err := xz.NewReader(bufio.NewReader(in))
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(from), err)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(from), err)
	}
	if _, err := io.Copy(out, plain); err != nil {
		out.Close()
		return fmt.Errorf("unpack %s: %w", filepath.Base(from), err)
	}
	return out.Close()
}

func engineTarget(ctx context.Context, t *tree, arch host.Arch, stdout io.Writer) error {
	engine := t.engine
	if t.flavour == dynamic {
		engine = t.dynamicEngine
	}
	exe, err := engine(ctx, arch)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, exe)
	return nil
}

// engine is the path of an architecture's engine, unpacked or compiled.
func (t *tree) engine(ctx context.Context, arch host.Arch) (string, error) {
	s, err := t.engineStep(arch)
	if err != nil {
		return "", err
	}
	dir, err := t.steps.Make(ctx, s)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, engineExe), nil
}
