package emulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Folder returns the folder that path is; of a zip, what it holds, unpacked into the cache.
func Folder(ctx context.Context, path string) (string, error) { return folderOf(ctx, path) }

// Sandboxed tries whether functions get a file system of their own here; the error says why they do not.
func Sandboxed(ctx context.Context) (err error) {
	work, err := os.MkdirTemp("", "lumo-lambda-")
	if err != nil {
		return fmt.Errorf("make a working folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	l := &layout{work: work, task: filepath.Join(work, "task"), opt: filepath.Join(work, "opt")}
	for _, folder := range []string{l.task, l.opt} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return fmt.Errorf("make a working folder: %w", err)
		}
	}
	return l.probeSandbox(ctx)
}
