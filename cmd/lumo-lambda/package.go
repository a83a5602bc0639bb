package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/emulator"
	"github.com/lumo-lambda/lumo-lambda/layer"
	"github.com/lumo-lambda/lumo-lambda/packaged"
)

// packaging is what the command line of package says.
type packaging struct {
	folder    string
	out       string
	inPlace   bool
	snapshot  bool
	handler   string
	layers    []string
	lumoLayer string
	env       map[string]string
}

func runPackage(ctx context.Context, s streams, args []string) (err error) {
	p := &packaging{env: map[string]string{}}
	f := newFlags("package")
	f.StringVar(&p.out, "o", "function.zip", "the `ZIP` to write")
	f.BoolVar(&p.inPlace, "in-place", false, "write "+packaged.Folder+" into the function's folder, and no zip")
	f.BoolVar(&p.snapshot, "snapshot", false, "have the function, with its npm modules loaded, in a start-up snapshot of its own")
	f.StringVar(&p.handler, "handler", "", "the handler, `namespace/function` (default: what "+settingsFile+" says, else the only function of the folder that is called handler)")
	f.Func("layer", "a layer beside lumo's own, a folder or a zip `PATH`; may be given again", func(v string) error {
		p.layers = append(p.layers, v)
		return nil
	})
	f.StringVar(&p.lumoLayer, "lumo-layer", "", "the layer that holds bootstrap and lumo, a folder or a zip `PATH` (default $LUMO_LAYER, else the one beside this program)")
	f.Func("env", "an environment variable of the function, `NAME=VALUE`; may be given again", func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return errors.New("want NAME=VALUE")
		}
		p.env[name] = value
		return nil
	})
	rest, err := parse(f, args, s.out)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("package takes the function's folder, and got %d arguments; for example: lumo-lambda package examples/hello -o hello.zip", len(rest))
	}
	p.folder = rest[0]
	notice := func(text string) { fmt.Fprintln(s.err, "lumo-lambda:", text) }
	cfg, err := p.config(notice)
	if err != nil {
		return err
	}
	made, err := compile(ctx, cfg, p.snapshot, s.err, notice)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, made.remove()) }()
	if p.inPlace {
		return made.install(filepath.Join(p.folder, packaged.Folder))
	}
	return writeFunction(p.out, p.folder, made)
}

// config joins the command line with the function's settings.
func (p *packaging) config(notice func(string)) (cfg emulator.Config, err error) {
	if info, err := os.Stat(p.folder); err != nil || !info.IsDir() {
		return cfg, usagef("%s is no folder", p.folder)
	}
	f, err := openFunction(p.folder)
	if err != nil {
		return cfg, err
	}
	defer f.close()
	set, err := f.settings()
	if err != nil {
		return cfg, err
	}
	if p.handler != "" {
		set.Handler = p.handler
	}
	if set.Handler == "" {
		if set.Handler, err = f.onlyHandler(); err != nil {
			return cfg, err
		}
	}
	lumo, err := findLumoLayer(p.lumoLayer)
	if err != nil {
		return cfg, err
	}
	env := map[string]string{}
	for _, of := range []map[string]string{set.Environment, p.env} {
		for name, value := range of {
			env[name] = value
		}
	}
	layers := append([]string{lumo}, append(set.layerPaths(p.folder), p.layers...)...)
	return emulator.Config{Function: p.folder, Layers: layers, Handler: set.Handler, Env: env, Notice: notice}, nil
}

// writeFunction zips the function's folder with what was made of it.
func writeFunction(out, folder string, made *compiled) error {
	files, err := functionFiles(folder, out)
	if err != nil {
		return err
	}
	files = append(files, made.files...)
	tmp := out + ".tmp"
	w, err := os.Create(tmp)
	if err != nil {
		return fmt.Errorf("write the function's zip: %w", err)
	}
	err = errors.Join(layer.Write(w, files), w.Close())
	if err == nil {
		err = os.Rename(tmp, out)
	}
	if err != nil {
		return fmt.Errorf("write the function's zip: %w", errors.Join(err, os.Remove(tmp)))
	}
	return nil
}

// functionFiles are the files of a function's folder that go into its zip: all but an older package, the settings, what begins
// with a dot, and the zip itself. What links lead to stands in their place.
func functionFiles(folder, out string) ([]layer.File, error) {
	var files []layer.File
	self, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	var walk func(dir, prefix string, depth int) error
	walk = func(dir, prefix string, depth int) error {
		if depth > 64 {
			return fmt.Errorf("%s is too deep: do links go in a circle?", dir)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			path, name := filepath.Join(dir, e.Name()), prefix+e.Name()
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			abs, err := filepath.Abs(path)
			switch {
			case err != nil:
				return err
			case strings.HasPrefix(e.Name(), ".") && prefix == "", name == settingsFile, abs == self:
			case info.IsDir() && e.Name() == ".bin" && strings.HasSuffix(prefix, "node_modules/"): // programs for the command line
			case info.IsDir():
				if err := walk(path, name+"/", depth+1); err != nil {
					return err
				}
			case info.Mode().IsRegular():
				files = append(files, layer.File{Name: name, Path: path, Exec: info.Mode()&0o111 != 0})
			}
		}
		return nil
	}
	if err := walk(folder, "", 0); err != nil {
		return nil, fmt.Errorf("list the function's files: %w", err)
	}
	return files, nil
}

// compiled is what was made of a function, in a folder of its own; nothing, where the function needs the compiler.
type compiled struct {
	work  string
	files []layer.File
}

func (c *compiled) remove() error { return os.RemoveAll(c.work) }

// install puts the files into a folder, in place of what is there.
func (c *compiled) install(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove the older package: %w", err)
	}
	for _, f := range c.files {
		to := filepath.Join(folder, filepath.Base(f.Name))
		content, err := os.ReadFile(f.Path)
		if err == nil {
			err = os.MkdirAll(folder, 0o755)
		}
		if err == nil {
			err = os.WriteFile(to, content, 0o644)
		}
		if err != nil {
			return fmt.Errorf("write the package: %w", err)
		}
	}
	return nil
}

// take adds files of the work folder.
func (c *compiled) take(names ...string) {
	for _, name := range names {
		c.files = append(c.files, layer.File{Name: packaged.Folder + "/" + name, Path: filepath.Join(c.work, packaged.Folder, name)})
	}
}

func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
