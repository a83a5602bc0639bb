package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/archive"
	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// bundleFile is build/prebuilt/bundle.json: what the packed bundle beside it is.
type bundleFile struct {
	Inputs        string          `json:"inputs"` // key of the recipe that it was made from
	ClojureScript string          `json:"clojurescript"`
	SHA256        string          `json:"sha256"` // of bundle.tar.xz
	Bytes         int64           `json:"bytes"`
	Files         []archive.Entry `json:"files"`
}

const (
	bundleArchive = "build/prebuilt/bundle.tar.xz"
	bundleJSON    = "build/prebuilt/bundle.json"
)

// bundleStep is the step that makes the bundle: from build/prebuilt when that fits the tree, else by compiling. Either
// way the key is the digest of the tree's inputs, and the output the same.
func (t *tree) bundleStep() (s *step.Step, prebuilt bool, err error) {
	compile, err := t.recipeStep("bundle")
	if err != nil {
		return nil, false, err
	}
	have, err := t.prebuiltBundle()
	if err != nil {
		return nil, false, err
	}
	if have == nil || have.Inputs != compile.Key {
		return compile, false, nil
	}
	return &step.Step{Name: "bundle", Key: compile.Key, Make: func(_ context.Context, job *step.Job) error {
		return t.unpackBundle(have, job.Out)
	}}, true, nil
}

// prebuiltBundle reads bundle.json; there may be none.
func (t *tree) prebuiltBundle() (*bundleFile, error) {
	text, err := os.ReadFile(t.path(bundleJSON))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what the prebuilt bundle is: %w", err)
	}
	var f bundleFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("read %s: %w", bundleJSON, err)
	}
	return &f, nil
}

func (t *tree) unpackBundle(have *bundleFile, out string) error {
	digest, err := step.FileDigest(t.path(bundleArchive))
	if err != nil {
		return err
	}
	if digest != have.SHA256 {
		return fmt.Errorf("%s has sha256 %s, but bundle.json says %s", bundleArchive, digest, have.SHA256)
	}
	return fetch.Unpack(t.path(bundleArchive), out)
}

// bundle is the bundle's folder, made or unpacked.
func (t *tree) bundle(ctx context.Context) (dir string, s *step.Step, err error) {
	s, prebuilt, err := t.bundleStep()
	if err != nil {
		return "", nil, err
	}
	if !prebuilt && !t.steps.Done(s) {
		fmt.Fprintln(t.out, "build/prebuilt/bundle.tar.xz is older than lumo/ or its recipe: compiling it again "+
			"(this asks for python3 with pip, mvn and java)")
	}
	dir, err = t.steps.Make(ctx, s)
	if err != nil {
		return "", nil, err
	}
	if !prebuilt {
		fmt.Fprintln(t.out, "before you commit: `make bundle` packs the compiled bundle into build/prebuilt")
	}
	return dir, s, nil
}

func bundleTarget(ctx context.Context, t *tree, _ host.Arch, stdout io.Writer) error {
	s, prebuilt, err := t.bundleStep()
	if err != nil {
		return err
	}
	dir, err := t.steps.Make(ctx, s)
	if err != nil {
		return err
	}
	if prebuilt {
		fmt.Fprintln(t.out, "the bundle is the one in build/prebuilt, which fits lumo/ and build/recipes; unpacked:")
		fmt.Fprintln(stdout, dir)
		return nil
	}
	f, err := t.packBundle(dir, s.Key)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "packed into %s (%d bytes, %d files), to be committed with its bundle.json\n",
		bundleArchive, f.Bytes, len(f.Files))
	fmt.Fprintln(stdout, dir)
	return nil
}

// packBundle writes the compiled bundle into build/prebuilt. Its last act names the archive in bundle.json, so that an
// interrupted one leaves a bundle.json that refuses the archive.
func (t *tree) packBundle(dir, key string) (*bundleFile, error) {
	r, err := t.recipe("jars")
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	files, err := archive.WriteTarXZ(&packed, dir)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(packed.Bytes())
	f := &bundleFile{
		Inputs: key, ClojureScript: r.Version, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(packed.Len()), Files: files,
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", bundleJSON, err)
	}
	for name, content := range map[string][]byte{bundleArchive: packed.Bytes(), bundleJSON: append(text, '\n')} {
		if err := writeFile(t.path(name), content, 0o644); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// writeFile writes a file whole or not at all, and leaves one with the same content alone.
func writeFile(name string, content []byte, perm os.FileMode) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	tmp := name + ".tmp"
	if err := os.WriteFile(tmp, content, perm); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	if err := os.Rename(tmp, name); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	return nil
}
