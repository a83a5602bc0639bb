package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// cacheDir is the folder that outlives a run: lumo-lambda in the user's cache
// folder. What lies in it is named by the hash of what it was made from.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache folder: %w", err)
	}
	return filepath.Join(base, "lumo-lambda"), nil
}

// publish makes path appear whole or not at all: it calls fill with a temporary
// name beside it and renames what fill made. Somebody else's result, made at the
// same time from the same bytes, is as good as ours.
func publish(path string, fill func(temporary string) error) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	temporary := filepath.Join(scratch, filepath.Base(path))
	if err := fill(temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		if _, statErr := os.Stat(path); statErr == nil {
			return nil
		}
		return err
	}
	return nil
}

// hashFile returns the sha256 of the file's bytes, in hexadecimal.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("hash %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
