// Package layer packs the layer: the zip that Lambda unpacks under /opt.
//
// # Layout
//
//	bootstrap               the executable that Lambda starts
//	lumo                    the interpreter that bootstrap starts
//	LICENSE                 this project's licence
//	THIRD_PARTY_NOTICES.md  what the two executables contain, by whom, under which licence
//	THIRD_PARTY_NOTICES/    the texts of those licences, and lumo-lambda.cdx.json, the bill of materials (CycloneDX). They
//	                        lie below a folder of our own because what lies in /opt itself is on the class path, and
//	                        another layer's file of the same name would take its place
//
// # Determinism
//
// The same files give the same bytes: entries are sorted by name, have one fixed time, one of two modes (0755 for
// programs, 0644 for the rest), and the compressor always has the same settings. The compressor is
// Go's own, so the bytes also depend on the release of Go.
package layer

import (
	"archive/zip"
	"cmp"
	"compress/flate"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// MaxBytes is how large a layer's zip may be: a budget of this project's own. Lambda's limits are 50 MB for a zip that is
// uploaded directly and 250 MB for all layers and the function, unpacked.
const MaxBytes = 36_000_000

// MaxDynamicBytes is the same for the dynamic flavour, whose engine alone, with all of ICU's data in it, is larger than
// MaxBytes. It is Lambda's own limit for a zip that is uploaded directly.
const MaxDynamicBytes = 50_000_000

// File is a file of the layer.
type File struct {
	Name string // in the zip, slash-separated
	Path string // on disk
	Exec bool
}

// epoch is the earliest time that the zip format can say.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Write packs the files into a zip.
func Write(w io.Writer, files []File) error {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	for _, f := range files {
		if err := add(z, f); err != nil {
			return fmt.Errorf("pack %s: %w", f.Name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("finish the zip: %w", err)
	}
	return nil
}

func add(z *zip.Writer, f File) error {
	in, err := os.Open(f.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	header := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: epoch}
	header.SetMode(0o644)
	if f.Exec {
		header.SetMode(0o755)
	}
	out, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}
