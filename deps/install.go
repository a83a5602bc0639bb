package deps

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/layer"
)

// installed is the file that says which JARs of a folder were put there by Install.
const installed = ".lumo-deps"

// Install puts the JARs of the set into the folder lib, and takes those out that an earlier Install had put there and that are not
// needed any more. A local folder becomes a JAR of its sources. It returns the JARs' names.
func (s *Set) Install(ctx context.Context, project *Project, from *Repositories, lib string) ([]string, error) {
	if err := os.MkdirAll(lib, 0o755); err != nil {
		return nil, err
	}
	var names []string
	for _, a := range s.Artifacts {
		file, err := from.get(ctx, a.Path)
		if err != nil {
			return nil, fmt.Errorf("find %s %s: %w", a.Lib, a.Version, err)
		}
		sum, err := sha256Of(file)
		if err != nil {
			return nil, err
		}
		if sum != a.SHA256 {
			return nil, fmt.Errorf("%s has the SHA-256 %s, but %s says %s: remove the file to have it fetched again; "+
				"if it is right as it is, lock anew with --update", file, sum, LockFile, a.SHA256)
		}
		name := jarName(names, path.Base(a.Path), a.Lib)
		if err := copyFile(file, filepath.Join(lib, name)); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	for _, l := range s.Local {
		name, err := l.install(project, lib, names)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.Lib, err)
		}
		names = append(names, name)
	}
	return names, tidy(lib, names)
}

// jarName is the name of a JAR in the folder, with its group before it where another has that name already.
func jarName(taken []string, name, lib string) string {
	if slices.Contains(taken, name) {
		group, _, _ := strings.Cut(lib, "/")
		return group + "-" + name
	}
	return name
}

func (l Local) install(project *Project, lib string, taken []string) (string, error) {
	root := filepath.FromSlash(l.Root)
	if !filepath.IsAbs(root) {
		root = filepath.Join(project.Folder, root)
	}
	info, err := os.Stat(root)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		name := jarName(taken, filepath.Base(root), l.Lib)
		return name, copyFile(root, filepath.Join(lib, name))
	}
	p, err := ReadProject(root, nil)
	if err != nil {
		return "", err
	}
	files, err := p.Sources()
	if err != nil {
		return "", err
	}
	_, artifact, _ := strings.Cut(l.Lib, "/")
	name := jarName(taken, artifact+".jar", l.Lib)
	out, err := os.Create(filepath.Join(lib, name))
	if err != nil {
		return "", err
	}
	if err := layer.Write(out, files); err != nil {
		out.Close()
		return "", err
	}
	return name, out.Close()
}

// Sources are the files of the project's paths, by their names on the class path; of two of the same name the first.
func (p *Project) Sources() ([]layer.File, error) {
	var files []layer.File
	seen := map[string]bool{}
	for _, folder := range p.Paths {
		top := filepath.Join(p.Folder, folder)
		err := filepath.WalkDir(top, func(file string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && file == top {
				return nil // a path that is not there holds nothing
			}
			if err != nil || entry.IsDir() {
				return err
			}
			name, err := filepath.Rel(top, file)
			if err != nil {
				return err
			}
			if name = filepath.ToSlash(name); !seen[name] {
				seen[name] = true
				files = append(files, layer.File{Name: name, Path: file})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read the sources of %s: %w", p.Folder, err)
		}
	}
	return files, nil
}

// tidy removes what an earlier Install left and this one has no use for.
func tidy(lib string, names []string) error {
	record := filepath.Join(lib, installed)
	text, err := os.ReadFile(record)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, old := range strings.Fields(string(text)) {
		if slices.Contains(names, old) || old != filepath.Base(old) {
			continue
		}
		if err := os.Remove(filepath.Join(lib, old)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return writeWhole(record, []byte(strings.Join(names, "\n")+"\n"))
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return out.Close()
}
