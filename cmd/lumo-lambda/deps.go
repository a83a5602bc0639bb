package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/deps"
	"github.com/lumo-lambda/lumo-lambda/layer"
)

// dependencies is what the command line of deps says.
type dependencies struct {
	folder    string
	aliases   []string
	lib       string
	layer     string
	lumoLayer string
	offline   bool
	update    bool
	compile   bool
	verbose   bool
}

func (d *dependencies) flags() *flag.FlagSet {
	f := newFlags("deps")
	f.Func("alias", "an `ALIAS` of deps.edn whose extra paths and dependencies count; may be given again", func(v string) error {
		d.aliases = append(d.aliases, v)
		return nil
	})
	f.StringVar(&d.lib, "lib", "", "the `FOLDER` that the JARs go to (default: lib in the function's folder)")
	f.StringVar(&d.layer, "layer", "", "make a layer of them instead, the zip `FILE`")
	f.BoolVar(&d.compile, "compile", true, "compile their namespaces ahead of time; --compile=false leaves it to the function's first start")
	f.BoolVar(&d.offline, "offline", false, "ask no repository but the local one")
	f.BoolVar(&d.update, "update", false, "resolve again even where "+deps.LockFile+" fits, and write it anew")
	f.BoolVar(&d.verbose, "v", false, "say which namespaces could not be compiled, and why")
	f.StringVar(&d.lumoLayer, "lumo-layer", "", "the layer that holds lumo, a folder or a zip `PATH` (default $LUMO_LAYER, else the one beside this program)")
	return f
}

// runDeps finds and installs what a function's deps.edn asks for.
func runDeps(ctx context.Context, s streams, args []string) error {
	d := &dependencies{folder: "."}
	rest, err := parse(d.flags(), args, s.out)
	if err != nil {
		return err
	}
	switch len(rest) {
	case 0:
	case 1:
		d.folder = rest[0]
	default:
		return usagef("deps takes one folder; %q is too much", rest[1])
	}
	if d.lib != "" && d.layer != "" {
		return usagef("--lib and --layer exclude each other")
	}
	project, err := deps.ReadProject(d.folder, d.aliases)
	if err != nil {
		return usagef("%v", err)
	}
	from, err := repositories(project, d.offline)
	if err != nil {
		return err
	}
	set, err := d.lock(ctx, s, project, from)
	if err != nil {
		return err
	}
	if d.layer != "" {
		return d.makeLayer(ctx, s, project, set, from)
	}
	lib := d.lib
	if lib == "" {
		lib = filepath.Join(d.folder, "lib")
	}
	return d.install(ctx, s, project, set, from, lib, filepath.Join(d.folder, cacheFolder))
}

func repositories(project *deps.Project, offline bool) (*deps.Repositories, error) {
	settings, err := deps.ReadSettings()
	if err != nil {
		return nil, err
	}
	from, err := deps.NewRepositories(settings, project.Repos)
	if err != nil {
		return nil, err
	}
	from.Offline = from.Offline || offline
	return from, nil
}

// lock is what the lock file says, or else what is found now, which is then in the lock file.
func (d *dependencies) lock(ctx context.Context, s streams, project *deps.Project, from *deps.Repositories) (*deps.Set, error) {
	if !d.update {
		set, err := deps.ReadLock(project, d.aliases)
		if err != nil || set != nil {
			return set, err
		}
	}
	set, err := deps.Resolve(ctx, project, d.aliases, from)
	if err != nil {
		return nil, err
	}
	if err := deps.WriteLock(project, set); err != nil {
		return nil, fmt.Errorf("write %s: %w", deps.LockFile, err)
	}
	for _, a := range set.Artifacts {
		fmt.Fprintf(s.err, "%s %s\n", a.Lib, a.Version)
	}
	return set, nil
}

// install fills the folders of the JARs and of their compiled namespaces.
func (d *dependencies) install(ctx context.Context, s streams, project *deps.Project, set *deps.Set, from *deps.Repositories, lib, cache string) error {
	names, err := set.Install(ctx, project, from, lib)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d JARs in %s\n", len(names), lib)
	if !d.compile || len(names) == 0 {
		return nil
	}
	return d.precompile(ctx, s, lib, names, cache)
}

func (d *dependencies) makeLayer(ctx context.Context, s streams, project *deps.Project, set *deps.Set, from *deps.Repositories) error {
	work, err := os.MkdirTemp("", "lumo-lambda-deps-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := d.install(ctx, s, project, set, from, filepath.Join(work, "lib"), filepath.Join(work, cacheFolder)); err != nil {
		return err
	}
	var files []layer.File
	err = filepath.WalkDir(work, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(work, file)
		if err != nil {
			return err
		}
		files = append(files, layer.File{Name: filepath.ToSlash(name), Path: file})
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the layer's files: %w", err)
	}
	out, err := os.Create(d.layer)
	if err != nil {
		return err
	}
	if err := layer.Write(out, files); err != nil {
		out.Close()
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	fmt.Fprintln(s.out, d.layer)
	return nil
}
