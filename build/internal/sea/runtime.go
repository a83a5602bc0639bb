package sea

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

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

// The files beside the executable that packaged functions start with: a snapshot without the compiler, and what identifies the
// pair. cmd/bootstrap and cmd/lumo-lambda read the latter.
const (
	RuntimeSnapshot = "lumo.snapshot"
	IDFile          = "lumo.json"
)

// hook is the variable by which an engine takes a snapshot of a file (0005-snapshot-of-a-file.patch). One that was compiled
// before it has no such text.
const hook = "LUMO_SNAPSHOT"

// TakesSnapshots says whether the executables made of an engine can start from a snapshot beside them.
func TakesSnapshots(engine string) (bool, error) {
	exe, err := os.ReadFile(engine)
	if err != nil {
		return false, fmt.Errorf("read the engine: %w", err)
	}
	return bytes.Contains(exe, []byte(hook)), nil
}

// BuildRuntime makes, for the executable lumo that Build has made of the same engine and bundle, RuntimeSnapshot and IDFile in
// the folder out.
func BuildRuntime(ctx context.Context, run host.Runner, engine, bundle, work, lumo, out string, log io.Writer) error {
	if err := os.CopyFS(work, os.DirFS(filepath.Join(bundle, "assets", "runtime"))); err != nil {
		return fmt.Errorf("copy the runtime's bundle: %w", err)
	}
	if err := writeEntry(work, "packaged.js"); err != nil {
		return err
	}
	err := runEngine(ctx, run, engine, work, log, "--snapshot-blob", RuntimeSnapshot, "--build-snapshot", workPath+entry)
	if err != nil {
		return fmt.Errorf("make the runtime's snapshot with the engine: %w", err)
	}
	id := sha256.New()
	for _, file := range []string{lumo, filepath.Join(work, RuntimeSnapshot)} {
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("identify lumo: %w", err)
		}
		id.Write(content)
	}
	text, err := json.Marshal(map[string]string{"id": hex.EncodeToString(id.Sum(nil)[:16])})
	if err != nil {
		return fmt.Errorf("encode %s: %w", IDFile, err)
	}
	if err := os.WriteFile(filepath.Join(out, IDFile), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write what identifies lumo: %w", err)
	}
	if err := os.Rename(filepath.Join(work, RuntimeSnapshot), filepath.Join(out, RuntimeSnapshot)); err != nil {
		return fmt.Errorf("write the runtime's snapshot: %w", err)
	}
	return nil
}
