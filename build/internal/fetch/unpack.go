package fetch

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ulikunitz/xz"
)

// Unpack unpacks an archive (.whl .jar .zip .tgz .tar.gz .crate .tar.xz) into the folder dir. An npm archive's one folder,
// package/, is left out of the paths.
func Unpack(archive, dir string) error {
	var err error
	switch {
	case hasSuffix(archive, ".whl", ".jar", ".zip"):
		err = unzip(archive, dir)
	case hasSuffix(archive, ".tgz", ".tar.gz", ".crate"):
		err = untar(archive, dir, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	case hasSuffix(archive, ".tar.xz"):
		err = untar(archive, dir, func(r io.Reader) (io.Reader, error) { return xz.NewReader(r) })
	default:
		err = errors.New("not an archive of a known kind")
	}
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
	}
	return nil
}

func hasSuffix(name string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

func unzip(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		err = write(dir, f.Name, f.Mode(), in)
		in.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func untar(archive, dir string, open func(io.Reader) (io.Reader, error)) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := open(f)
	if err != nil {
		return err
	}
	for t := tar.NewReader(plain); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := h.Name
		if strings.HasSuffix(archive, ".tgz") {
			name = strings.TrimPrefix(name, "package/")
		}
		switch h.Typeflag {
		case tar.TypeXGlobalHeader:
		case tar.TypeDir:
			// One that nothing is in counts too: a test of Node's reads such a folder.
			if err := folder(dir, name); err != nil {
				return err
			}
		case tar.TypeReg:
			if err := write(dir, name, h.FileInfo().Mode(), t); err != nil {
				return err
			}
			// The order of the files' times is what keeps make from generating again what an archive brings along.
			if err := os.Chtimes(filepath.Join(dir, name), h.ModTime, h.ModTime); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		case tar.TypeSymlink:
			if err := link(dir, name, h.Linkname); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: an entry of kind %q", h.Name, h.Typeflag)
		}
	}
}

// folder makes a folder of an archive, never outside dir.
func folder(dir, name string) error {
	path := filepath.Join(dir, name)
	if path != filepath.Clean(dir) && !filepath.IsLocal(name) {
		return fmt.Errorf("%q lies outside the archive's folder", name)
	}
	return os.MkdirAll(path, 0o755)
}

// link makes a symbolic link that neither lies nor points outside dir.
func link(dir, name, to string) error {
	if !filepath.IsLocal(name) || filepath.IsAbs(to) || !filepath.IsLocal(filepath.Join(filepath.Dir(name), to)) {
		return fmt.Errorf("the link %q to %q leaves the archive's folder", name, to)
	}
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.Symlink(to, path)
}

// write writes one file of an archive, never outside dir.
func write(dir, name string, mode fs.FileMode, in io.Reader) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%q lies outside the archive's folder", name)
	}
	perm := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		perm = 0o755
	}
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("%s: %w", name, err)
	}
	return out.Close()
}
