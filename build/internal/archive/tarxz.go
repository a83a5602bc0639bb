// Package archive packs a folder into a .tar.xz whose bytes follow from the names and contents of the files alone: in
// the order of their names, owned by nobody in particular, of no particular time.
package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/ulikunitz/xz"

	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// Entry is a file in an archive.
type Entry struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// dictionary is larger than any bundle, so that the compressor sees all of it at once.
const dictionary = 64 << 20

// WriteTarXZ packs every file below dir, and lists them.
func WriteTarXZ(w io.Writer, dir string) ([]Entry, error) {
	files, err := step.ListFiles(dir, ".")
	if err != nil {
		return nil, err
	}
	packed, err := xz.WriterConfig{DictCap: dictionary}.NewWriter(w)
	if err != nil {
		return nil, fmt.Errorf("start compressing: %w", err)
	}
	t := tar.NewWriter(packed)
	var entries []Entry
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
		header := &tar.Header{
			Name: file, Mode: 0o644, Size: int64(len(content)), ModTime: time.Unix(0, 0), Format: tar.FormatPAX,
		}
		if err := t.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", file, err)
		}
		if _, err := t.Write(content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", file, err)
		}
		sum := sha256.Sum256(content)
		entries = append(entries, Entry{Path: file, SHA256: hex.EncodeToString(sum[:]), Bytes: header.Size})
	}
	if err := t.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if err := packed.Close(); err != nil {
		return nil, fmt.Errorf("finish compressing: %w", err)
	}
	return entries, nil
}
