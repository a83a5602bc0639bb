package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// settingsFile is the file in a function's folder that holds its settings. It is optional.
const settingsFile = "lumo-lambda.json"

// settings are what a function's settings file may say; the names and units are Lambda's.
type settings struct {
	Handler     string            `json:"handler"`     // namespace/function
	Memory      int               `json:"memory"`      // MB
	Timeout     int               `json:"timeout"`     // seconds
	Layers      []string          `json:"layers"`      // folders or zips, relative to the function's folder
	Environment map[string]string `json:"environment"` // the function's variables

	// What deploy makes of it.
	Name         string `json:"name"`         // the folder's by default
	Role         string `json:"role"`         // an ARN; by default NAME-role, which deploy makes
	Architecture string `json:"architecture"` // x86_64 (the default) or arm64
	Tracing      bool   `json:"tracing"`      // X-Ray
	URL          string `json:"url"`          // public, iam, or none
	Streaming    bool   `json:"streaming"`    // the URL sends answers as they come
}

// settingNames are the settings' names, for an error.
const settingNames = "handler, memory, timeout, layers and environment, and for deploy name, role, architecture, tracing, url and streaming"

// function is a function's folder, or the zip of one, as files.
type function struct {
	path  string
	files fs.FS
	close func() error
}

func openFunction(path string) (*function, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usagef("there is no function in %s: %v", path, errors.Unwrap(err))
	}
	if info.IsDir() {
		return &function{path, os.DirFS(path), func() error { return nil }}, nil
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, usagef("%s is neither a folder nor a zip", path)
	}
	return &function{path, archive, archive.Close}, nil
}

func (f *function) has(name string) bool {
	_, err := fs.Stat(f.files, name)
	return err == nil
}

// settings reads the settings file; without one they are empty.
func (f *function) settings() (settings, error) {
	var s settings
	text, err := fs.ReadFile(f.files, settingsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	where := filepath.Join(f.path, settingsFile)
	if err != nil {
		return s, usagef("%s cannot be read: %v", where, err)
	}
	if err := checkJSON(text); err != nil {
		return s, usagef("%s:%v", where, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, usagef("%s: %v; it may hold %s", where, err, settingNames)
	}
	if s.Timeout < 0 || s.Timeout > int(emulator.MaxTimeout.Seconds()) {
		return s, usagef("%s: the timeout is a number of seconds from 1 to 900", where)
	}
	switch s.URL {
	case "", "none", "public", "iam":
	default:
		return s, usagef("%s: the url is public, iam or none, not %q", where, s.URL)
	}
	switch s.Architecture {
	case "", "x86_64", "arm64":
	default:
		return s, usagef("%s: the architecture is x86_64 or arm64, not %q", where, s.Architecture)
	}
	return s, nil
}

// layerPaths are the layers as paths from here.
func (s settings) layerPaths(folder string) []string {
	paths := make([]string, 0, len(s.Layers))
	for _, layer := range s.Layers {
		if !filepath.IsAbs(layer) {
			layer = filepath.Join(folder, layer)
		}
		paths = append(paths, layer)
	}
	return paths
}

// handlerForm is the start of a public definition of handler at the left margin, metadata allowed.
var handlerForm = regexp.MustCompile(`(?m)^\((?:defn|def|defmulti)\s+(?:\^(?:\{[^}]*\}|\S+)\s+)*handler[\s\[(^"]`)

// onlyHandler finds the one namespace of the folder, or of its src/, that defines handler.
func (f *function) onlyHandler() (string, error) {
	var found []string
	err := fs.WalkDir(f.files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"node_modules", "lib", "test", "target"}, name)) {
				return fs.SkipDir
			}
			return nil
		}
		if extension := path.Ext(name); extension != ".cljs" && extension != ".cljc" {
			return nil
		}
		text, err := f.read(name)
		if err != nil {
			return err
		}
		if handlerForm.Match(text) {
			found = append(found, namespaceOf(name)+"/handler")
		}
		return nil
	})
	if err != nil {
		return "", usagef("%s cannot be searched for a handler: %v", f.path, err)
	}
	slices.Sort(found)
	found = slices.Compact(found) // the same namespace as .cljs and .cljc
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", usagef("no namespace in %s defines a function called handler; name yours with --handler my-app.core/my-handler, or in %s: {\"handler\": \"my-app.core/my-handler\"}", f.path, settingsFile)
	}
	return "", usagef("%s has several handlers: %s; choose one with --handler %s", f.path, strings.Join(found, ", "), found[0])
}

func (f *function) read(name string) ([]byte, error) {
	file, err := f.files.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// namespaceOf is the namespace that the class path finds in the file: src/my_app/core.cljs holds my-app.core.
func namespaceOf(file string) string {
	file = strings.TrimPrefix(file, "src/")
	file = strings.TrimSuffix(file, path.Ext(file))
	return strings.NewReplacer("/", ".", "_", "-").Replace(file)
}
