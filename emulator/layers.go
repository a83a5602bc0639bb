package emulator

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxUnzipped is Lambda's quota for a function with its layers, unzipped: 250 MB.
// We refuse far above it, to catch a zip bomb and nothing else.
const maxUnzipped = 1 << 30

// folderOf returns the folder that path is, or that the zip at path holds.
func folderOf(ctx context.Context, path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	if resolved, err = filepath.Abs(resolved); err != nil {
		return "", err
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return resolved, nil
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sum, err := hashFile(resolved)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "unzipped", sum)
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	err = publish(folder, func(temporary string) error { return unzip(ctx, resolved, temporary) })
	if err != nil {
		return "", fmt.Errorf("unpack %s: %w", path, err)
	}
	return folder, nil
}

// unzip writes what the zip holds into the new folder to.
func unzip(ctx context.Context, path, to string) error {
	archive, err := zip.OpenReader(path)
	if errors.Is(err, zip.ErrFormat) {
		return errors.New("it is neither a folder nor a zip")
	}
	if err != nil {
		return err
	}
	defer archive.Close()
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	// Nothing in the zip, by name or through a link, reaches outside the root.
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer root.Close()
	var left int64 = maxUnzipped
	for _, entry := range archive.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := unzipEntry(root, entry, left)
		if err != nil {
			return fmt.Errorf("entry %q: %w", entry.Name, err)
		}
		left -= n
	}
	return nil
}

func unzipEntry(root *os.Root, entry *zip.File, limit int64) (int64, error) {
	name := filepath.FromSlash(entry.Name)
	mode := entry.Mode()
	if mode.IsDir() {
		return 0, root.MkdirAll(filepath.Clean(name), 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return 0, err
	}
	from, err := entry.Open()
	if err != nil {
		return 0, err
	}
	defer from.Close()
	if mode&fs.ModeSymlink != 0 {
		target, err := io.ReadAll(io.LimitReader(from, 4096)) // PATH_MAX
		if err != nil {
			return 0, err
		}
		return 0, root.Symlink(string(target), name)
	}
	perm := mode.Perm()
	if perm == 0 {
		perm = 0o644 // a zip written without Unix modes
	}
	to, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, perm|0o444)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(to, io.LimitReader(from, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("the zip holds more than %d bytes", int64(maxUnzipped))
	}
	return n, errors.Join(err, to.Close())
}

// mergeLayers returns a folder that holds what the layers hold, where a later
// one's file replaces an earlier one's. A single layer is its own merge; for
// none or several the new folder to is made.
func mergeLayers(ctx context.Context, layers []string, to string) (string, error) {
	if len(layers) == 1 {
		return layers[0], nil
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return "", err
	}
	for _, layer := range layers {
		err := filepath.WalkDir(layer, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			relative, err := filepath.Rel(layer, path)
			if err != nil {
				return err
			}
			return mergeEntry(path, entry, filepath.Join(to, relative))
		})
		if err != nil {
			return "", err
		}
	}
	return to, nil
}

func mergeEntry(from string, entry fs.DirEntry, to string) error {
	if old, err := os.Lstat(to); err == nil && !(old.IsDir() && entry.IsDir()) {
		if err := os.RemoveAll(to); err != nil {
			return err
		}
	}
	switch {
	case entry.IsDir():
		return os.MkdirAll(to, 0o755)
	case entry.Type()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case !entry.Type().IsRegular():
		return nil // sockets and devices are in no layer
	}
	if os.Link(from, to) == nil { // the same bytes again cost nothing on one file system
		return nil
	}
	return copyFile(from, to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
