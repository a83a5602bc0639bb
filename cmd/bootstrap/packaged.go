package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/packaged"
)

// startVar is the user's choice of a start: source, packaged or snapshot.
const startVar = "LUMO_START"

// chooseStart gives the snapshot that lumo is to start from: that of the application, or that of a runtime without the
// compiler, or "" where it starts from source. The second value says why a package is not used as it could be.
func chooseStart(cfg *config, env map[string]string) (snapshot, why string) {
	choice := env[startVar]
	if choice == "source" {
		return "", ""
	}
	folder := filepath.Join(cfg.taskRoot, packaged.Folder)
	var p packaged.Package
	switch err := packaged.ReadJSON(filepath.Join(folder, packaged.File), &p); {
	case errors.Is(err, fs.ErrNotExist):
		return "", ""
	case err != nil:
		return "", fmt.Sprintf("the function starts from source, since its package cannot be read: %v", err)
	}
	if reason := stale(&p, cfg); reason != "" {
		return "", fmt.Sprintf("the function starts from source, since %s: package it again", reason)
	}
	beside := filepath.Join(filepath.Dir(cfg.lumo), packaged.RuntimeSnapshot)
	if p.Env == nil || choice == "packaged" {
		return beside, ""
	}
	for name, then := range p.Env {
		now, is := env[name]
		if name == nodePathVar {
			now, is = cfg.nodePath, true // as lumo gets it
		}
		if is != (then != nil) || is && now != *then {
			return beside, fmt.Sprintf("the function starts packaged, not from its snapshot, since %s, which it read while it was loaded, "+
				"is another now than when it was packaged: read it in the handler, or give it to lumo-lambda package with --env", name)
		}
	}
	return filepath.Join(folder, packaged.Snapshot), ""
}

// stale says why a package does not fit what it is to run on, or "".
func stale(p *packaged.Package, cfg *config) string {
	if id, err := packaged.ID(filepath.Dir(cfg.lumo)); err != nil || id != p.Lumo {
		return "its package was made with another lumo than this layer's"
	}
	if p.Handler != cfg.handler {
		return fmt.Sprintf("its package is for the handler %s, not for %s", p.Handler, cfg.handler)
	}
	for _, f := range p.Files {
		if sum, err := packaged.Sum(cfg.inRoot(f.Name)); err != nil || sum != f.Sum {
			return f.Name + " has changed since it was packaged"
		}
	}
	for _, name := range p.Absent {
		if _, err := os.Lstat(cfg.inRoot(name)); err == nil {
			return name + " is new since it was packaged"
		}
	}
	return ""
}

// inRoot is a name of the package as a path.
func (cfg *config) inRoot(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(cfg.taskRoot, name)
}
