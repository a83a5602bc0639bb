package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/sea"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
	"github.com/lumo-lambda/lumo-lambda/layer"
)

// layerTarget writes dist/<arch>/{bootstrap,lumo,sbom.cdx.json}, dist/lumo-lambda-<arch>.zip, the same .cdx.json beside that,
// and dist/lumo-lambda; of the dynamic flavour, dynamic-<arch> takes the place of <arch>.
func layerTarget(ctx context.Context, t *tree, arch host.Arch, _ io.Writer) error {
	lumo, err := t.lumo(ctx, arch, t.flavour)
	if err != nil {
		return err
	}
	dist := t.path("dist", t.flavour.label(arch))
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return fmt.Errorf("make dist: %w", err)
	}
	if err := install(lumo, filepath.Join(dist, "lumo")); err != nil {
		return err
	}
	for _, name := range besideLumo {
		if err := installIfThere(filepath.Join(filepath.Dir(lumo), name), filepath.Join(dist, name)); err != nil {
			return err
		}
	}
	if err := t.goBuild(ctx, arch, "./cmd/bootstrap", filepath.Join(dist, "bootstrap")); err != nil {
		return err
	}
	native, err := host.Native()
	if err != nil {
		return err
	}
	if err := t.goBuild(ctx, native, "./cmd/lumo-lambda", t.path("dist", "lumo-lambda")); err != nil {
		return err
	}
	if err := t.writeSBOM(ctx, arch, t.flavour, dist); err != nil {
		return err
	}
	return t.zip(ctx, arch, t.flavour, dist)
}

// besideLumo are files that lumo has with it, where its engine can use them.
var besideLumo = []string{sea.RuntimeSnapshot, sea.IDFile}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// installIfThere is install, where there is such a file; else there will be none at its place either.
func installIfThere(from, to string) error {
	if exists(from) {
		return install(from, to)
	}
	if err := os.Remove(to); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove what an older lumo had: %w", err)
	}
	return nil
}

// layerFiles are what the layer of a flavour holds; the two executables and their bill of materials are in the folder dist.
func (t *tree) layerFiles(ctx context.Context, f flavour, dist string) ([]layer.File, error) {
	notices, err := t.noticeFiles(ctx, f)
	if err != nil {
		return nil, err
	}
	for _, name := range besideLumo {
		if path := filepath.Join(dist, name); exists(path) {
			notices = append(notices, layer.File{Name: name, Path: path})
		}
	}
	return append(notices,
		layer.File{Name: "bootstrap", Path: filepath.Join(dist, "bootstrap"), Exec: true},
		layer.File{Name: "lumo", Path: filepath.Join(dist, "lumo"), Exec: true},
		layer.File{Name: "LICENSE", Path: t.path("LICENSE")},
		layer.File{Name: noticesDir + "/lumo-lambda.cdx.json", Path: filepath.Join(dist, sbomFile)},
	), nil
}

func (t *tree) zip(ctx context.Context, arch host.Arch, f flavour, dist string) error {
	files, err := t.layerFiles(ctx, f, dist)
	if err != nil {
		return err
	}
	stepName := "zip-" + f.label(arch)
	k := step.NewKey(stepName)
	k.Text("go", runtime.Version()) // its compressor packs
	for _, f := range files {
		digest, err := step.FileDigest(f.Path)
		if err != nil {
			return err
		}
		k.Text(f.Name, digest)
	}
	if err := k.Files(t.root, "layer/zip.go"); err != nil {
		return err
	}
	name := "lumo-lambda-" + f.label(arch) + ".zip"
	dir, err := t.steps.Make(ctx, &step.Step{Name: stepName, Key: k.Sum(),
		Make: func(_ context.Context, job *step.Job) error {
			return pack(filepath.Join(job.Out, name), files, f.maxBytes())
		}})
	if err != nil {
		return err
	}
	return install(filepath.Join(dir, name), t.path("dist", name))
}

// pack writes the layer's zip, if it is small enough.
func pack(name string, files []layer.File, most int64) error {
	out, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("create the layer's zip: %w", err)
	}
	defer out.Close()
	if err := layer.Write(out, files); err != nil {
		return err
	}
	info, err := out.Stat()
	if err != nil {
		return fmt.Errorf("measure the layer's zip: %w", err)
	}
	if info.Size() > most {
		return fmt.Errorf("the layer has %d bytes, more than the %d that it may have", info.Size(), most)
	}
	return out.Close()
}

// goBuild compiles one of this module's programs: static, without paths of the machine and without a version stamp, so
// that the same source gives the same bytes.
func (t *tree) goBuild(ctx context.Context, arch host.Arch, pkg, out string) error {
	tmp := out + ".tmp"
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", tmp, pkg)
	cmd.Dir = t.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch.GOARCH(), "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = t.out, t.out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("compile %s: %w", pkg, err)
	}
	if err := os.Rename(tmp, out); err != nil {
		return fmt.Errorf("compile %s: %w", pkg, err)
	}
	return nil
}

// install copies a program to its place, unless it is there: a program that runs may be replaced, not written to.
func install(from, to string) error {
	a, errA := os.Stat(from)
	b, errB := os.Stat(to)
	if errA == nil && errB == nil && os.SameFile(a, b) {
		return nil
	}
	tmp := to + ".tmp"
	if err := os.Remove(tmp); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("install %s: %w", filepath.Base(to), err)
	}
	if err := os.Link(from, tmp); err != nil {
		if err := fetch.CopyFile(from, tmp); err != nil {
			return fmt.Errorf("install %s: %w", filepath.Base(to), err)
		}
	}
	if err := os.Rename(tmp, to); err != nil {
		return fmt.Errorf("install %s: %w", filepath.Base(to), err)
	}
	return nil
}
