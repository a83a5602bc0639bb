package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/layer"
	"github.com/lumo-lambda/lumo-lambda/packaged"
)

// zipOf returns a function's zip: the one that path is, or what is in the folder. The same files give the same bytes, so that
// AWS is sent code only when it is another.
func zipOf(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usagef("there is no function in %s", path)
	}
	if !info.IsDir() {
		return os.ReadFile(path)
	}
	files, err := filesIn(path, isShipped)
	if err != nil {
		return nil, err
	}
	var zip bytes.Buffer
	if err := layer.Write(&zip, files); err != nil {
		return nil, err
	}
	return zip.Bytes(), nil
}

// isShipped says whether a file or folder of a function is part of its zip: what is hidden, tests and zips are not. What was compiled
// ahead of time is, though it is hidden.
func isShipped(name string) bool {
	base := filepath.Base(name)
	if name == packaged.Folder || name == cacheFolder {
		return true
	}
	return !strings.HasPrefix(base, ".") && name != "test" && name != "target" && filepath.Ext(base) != ".zip" && base != settingsFile
}

// filesIn lists the files below a folder that are wanted; a folder that is not is left out with all that is in it.
func filesIn(folder string, wanted func(name string) bool) ([]layer.File, error) {
	var files []layer.File
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if !wanted(name) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := os.Stat(path) // a link is what it points to
		if err != nil || info.IsDir() {
			return err
		}
		files = append(files, layer.File{Name: filepath.ToSlash(name), Path: path, Exec: info.Mode()&0o111 != 0})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look through %s: %w", folder, err)
	}
	return files, nil
}
