package main

import (
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// engineRecipe makes the engine; its output is engineExe.
const engineRecipe = "node"

// engineFromSourceTarget compiles an engine, or takes the one that is compiled already, and packs it into build/prebuilt.
func engineFromSourceTarget(ctx context.Context, t *tree, arch host.Arch, stdout io.Writer) error {
	s, err := t.recipeStepFor(engineRecipe, arch)
	if err != nil {
		return err
	}
	dir, err := t.steps.Make(ctx, s)
	if err != nil {
		return err
	}
	exe := filepath.Join(dir, engineExe)
	if err := checkStatic(exe); err != nil {
		return err
	}
	if err := t.packEngine(ctx, arch, s.Key, exe); err != nil {
		return err
	}
	fmt.Fprintln(stdout, exe)
	return nil
}

// checkStatic refuses an executable that asks for a loader or a library: it would not start in an empty file system.
func checkStatic(exe string) error {
	f, err := elf.Open(exe)
	if err != nil {
		return fmt.Errorf("look at the engine: %w", err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			return fmt.Errorf("the engine is not static: it has a segment %v", p.Type)
		}
	}
	return nil
}

// packEngine writes an engine into build/prebuilt. Its last act names the file in engine.json, so that an interrupted one
// leaves an engine.json that refuses the file.
func (t *tree) packEngine(ctx context.Context, arch host.Arch, inputs, exe string) error {
	r, err := t.recipe(engineRecipe)
	if err != nil {
		return err
	}
	all, err := t.engines()
	if err != nil {
		return err
	}
	e := engineFile{Inputs: inputs, File: "engine-" + string(arch) + ".xz"}
	if e.SHA256, e.Bytes, err = digestAndSize(exe); err != nil {
		return err
	}
	file := t.path("build", "prebuilt", e.File)
	if old := all.Engines[arch]; old.SHA256 != e.SHA256 {
		if err := compressXZ(ctx, exe, file); err != nil {
			return err
		}
	}
	if e.FileSHA256, e.FileBytes, err = digestAndSize(file); err != nil {
		return err
	}
	text, err := t.engineProvenance(arch, e)
	if err != nil {
		return err
	}
	if err := writeFile(t.path("build", "prebuilt", "engine-"+string(arch)+".md"), []byte(text), 0o644); err != nil {
		return err
	}
	all.Version = r.Version
	all.Engines[arch] = e
	index, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode engine.json: %w", err)
	}
	if err := writeFile(t.path("build", "prebuilt", "engine.json"), append(index, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "packed into build/prebuilt/%s (%d bytes of %d), to be committed with engine.json and engine-%s.md\n",
		e.File, e.FileBytes, e.Bytes, arch)
	return nil
}

// compressXZ compresses with the tool, whose best level is a tenth smaller than what Go's package writes.
func compressXZ(ctx context.Context, from, to string) error {
	tool, err := host.Find("xz", "compresses the engine")
	if err != nil {
		return err
	}
	out, err := os.Create(to + ".tmp")
	if err != nil {
		return fmt.Errorf("compress the engine: %w", err)
	}
	defer out.Close()
	cmd := exec.CommandContext(ctx, tool, "-9e", "--threads=1", "--check=crc64", "--stdout", from)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("compress the engine: %w", err)
	}
	if err := os.Rename(to+".tmp", to); err != nil {
		return fmt.Errorf("compress the engine: %w", err)
	}
	return nil
}

func digestAndSize(file string) (digest string, size int64, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", 0, fmt.Errorf("size of %s: %w", filepath.Base(file), err)
	}
	digest, err = step.FileDigest(file)
	return digest, info.Size(), err
}

// reproduceTarget compiles an engine again, in a folder of its own with caches of its own, and compares it with the one in
// build/prebuilt. Sources are taken from this tree's cache: they are pinned.
func reproduceTarget(ctx context.Context, t *tree, arch host.Arch, stdout io.Writer) error {
	all, err := t.engines()
	if err != nil {
		return err
	}
	kept := all.Engines[arch]
	dir, err := os.MkdirTemp("", "lumo-reproduce-")
	if err != nil {
		return fmt.Errorf("make a folder to build in: %w", err)
	}
	for _, part := range []string{"build/recipes", "build/tools"} {
		if err := copyTree(t.path(part), filepath.Join(dir, part)); err != nil {
			return err
		}
	}
	again := openTree(dir, t.out)
	again.sources = t.sources
	s, err := again.recipeStepFor(engineRecipe, arch)
	if err != nil {
		return err
	}
	if s.Key != kept.Inputs {
		return fmt.Errorf("build/prebuilt/engine-%s.xz is not of these recipes: `go run ./build engine-from-source %s` first", arch, arch)
	}
	out, err := again.steps.Make(ctx, s)
	if err != nil {
		return err
	}
	got, size, err := digestAndSize(filepath.Join(out, engineExe))
	if err != nil {
		return err
	}
	if got != kept.SHA256 {
		return fmt.Errorf("not identical: %s has sha256 %s (%d bytes), but the kept engine %s (%d bytes)",
			filepath.Join(out, engineExe), got, size, kept.SHA256, kept.Bytes)
	}
	fmt.Fprintf(stdout, "identical: %s, %d bytes\n", got, size)
	return os.RemoveAll(dir)
}

// copyTree copies the files below from, with their modes.
func copyTree(from, to string) error {
	files, err := step.ListFiles(from, ".")
	if err != nil {
		return err
	}
	for _, file := range files {
		target := filepath.Join(to, file)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("copy %s: %w", file, err)
		}
		if err := fetch.CopyFile(filepath.Join(from, file), target); err != nil {
			return fmt.Errorf("copy %s: %w", file, err)
		}
	}
	return nil
}
