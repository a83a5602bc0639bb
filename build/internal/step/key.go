package step

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Key is the digest of everything that a step's output depends on. Each item goes in under a label, so that two items
// can never be taken for one.
type Key struct {
	sum hash.Hash
}

// NewKey starts the key of the step of that name.
func NewKey(name string) *Key {
	k := &Key{sum: sha256.New()}
	k.Text("step", name)
	return k
}

// Text adds a parameter.
func (k *Key) Text(label, value string) {
	fmt.Fprintf(k.sum, "%q %q\n", label, value)
}

// Files adds the file, or each file of the folder, at path rel below root: its path, its content, and whether it is
// executable. Files whose base name matches one of the patterns in except are left out.
func (k *Key) Files(root, rel string, except ...string) error {
	files, err := ListFiles(root, rel, except...)
	if err != nil {
		return err
	}
	for _, file := range files {
		full := filepath.Join(root, file)
		info, err := os.Stat(full)
		if err != nil {
			return fmt.Errorf("digest %s: %w", file, err)
		}
		digest, err := FileDigest(full)
		if err != nil {
			return err
		}
		fmt.Fprintf(k.sum, "file %q %s %t\n", file, digest, info.Mode()&0o111 != 0)
	}
	return nil
}

// Sum is the key in hexadecimal.
func (k *Key) Sum() string { return hex.EncodeToString(k.sum.Sum(nil)) }

// FileDigest is a file's sha256 in hexadecimal.
func FileDigest(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("digest %s: %w", name, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// ListFiles is the sorted list of the regular files at or below rel, as slash-separated paths below root, without those
// whose base name matches a pattern in except. Nothing at rel is an empty list.
func ListFiles(root, rel string, except ...string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(filepath.Join(root, rel), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, pattern := range except {
			if match, err := path.Match(pattern, d.Name()); err != nil {
				return fmt.Errorf("pattern %q: %w", pattern, err)
			} else if match {
				return nil
			}
		}
		file, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		files = append(files, filepath.ToSlash(file))
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("list %s: %w", rel, err)
	}
	slices.Sort(files)
	return files, nil
}
