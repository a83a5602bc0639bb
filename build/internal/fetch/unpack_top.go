package fetch

import (
	"fmt"
	"os"
	"path/filepath"
)

// UnpackTop unpacks an archive like Unpack. Where all of it lies in one folder, that folder becomes dir.
func UnpackTop(archive, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".unpack-")
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
	}
	defer os.RemoveAll(tmp)
	if err := Unpack(archive, tmp); err != nil {
		return err
	}
	from := tmp
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
	}
	if len(entries) == 1 && entries[0].IsDir() {
		from = filepath.Join(tmp, entries[0].Name())
	}
	if err := os.Rename(from, dir); err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
	}
	return os.Chmod(dir, 0o755) // a folder made for one user becomes one for all
}
