package deps

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LockFile is the file beside deps.edn that says what was found.
const LockFile = "deps.lock"

const lockVersion = 1

// Artifact is a JAR of a repository.
type Artifact struct {
	Lib     string `json:"lib"`
	Version string `json:"version"`
	Path    string `json:"path"` // in a repository
	SHA256  string `json:"sha256"`
}

// Local is a library of this machine: a folder, or a JAR.
type Local struct {
	Lib  string `json:"lib"`
	Root string `json:"root"` // relative to the project's folder, where it was so in deps.edn
}

// Set is what was found for one set of aliases.
type Set struct {
	Aliases   []string   `json:"aliases"`
	Asked     string     `json:"asked"` // digest of what was asked for
	Artifacts []Artifact `json:"artifacts"`
	Local     []Local    `json:"local,omitempty"`
}

type lockFile struct {
	Version int   `json:"version"`
	Sets    []Set `json:"sets"`
}

// Resolve finds what the project needs, with the hash of each artefact; all of them are then in the local repository.
func Resolve(ctx context.Context, project *Project, aliases []string, from *Repositories) (*Set, error) {
	asked, err := project.digest()
	if err != nil {
		return nil, err
	}
	chosen, err := choose(ctx, project, from)
	if err != nil {
		return nil, err
	}
	set := &Set{Aliases: aliasList(aliases), Asked: asked, Artifacts: []Artifact{}}
	for _, lib := range sortedLibs(chosen) {
		c := chosen[lib]
		if c.Root != "" {
			root, err := filepath.Rel(project.Folder, c.Root)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", lib, err)
			}
			set.Local = append(set.Local, Local{lib.String(), filepath.ToSlash(root)})
			continue
		}
		name := artifactPath(lib, c.Version, "jar")
		file, err := from.get(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("find %s %s: %w", lib, c.Version, err)
		}
		sum, err := sha256Of(file)
		if err != nil {
			return nil, err
		}
		set.Artifacts = append(set.Artifacts, Artifact{lib.String(), c.Version, name, sum})
	}
	return set, nil
}

// ReadLock returns what was found before for this project and these aliases, or nil where that is not known or something else is asked
// for now.
func ReadLock(project *Project, aliases []string) (*Set, error) {
	f, err := readLockFile(project.Folder)
	if err != nil {
		return nil, err
	}
	asked, err := project.digest()
	if err != nil {
		return nil, err
	}
	for _, set := range f.Sets {
		if slices.Equal(set.Aliases, aliasList(aliases)) && set.Asked == asked {
			return &set, nil
		}
	}
	return nil, nil
}

// WriteLock puts the set into the lock file, in the place of an older one of the same aliases.
func WriteLock(project *Project, set *Set) error {
	f, err := readLockFile(project.Folder)
	if err != nil {
		return err
	}
	f.Sets = slices.DeleteFunc(f.Sets, func(s Set) bool { return slices.Equal(s.Aliases, set.Aliases) })
	f.Sets = append(f.Sets, *set)
	slices.SortFunc(f.Sets, func(a, b Set) int { return slices.Compare(a.Aliases, b.Aliases) })
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(project.Folder, LockFile), append(text, '\n'))
}

func readLockFile(folder string) (lockFile, error) {
	f := lockFile{Version: lockVersion}
	where := filepath.Join(folder, LockFile)
	text, err := os.ReadFile(where)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("read %s: %w; mend it, or remove it to have it made again", where, err)
	}
	if f.Version != lockVersion {
		return f, fmt.Errorf("%s has the form %d, and this lumo-lambda reads %d", where, f.Version, lockVersion)
	}
	return f, nil
}

// digest is of all that is asked for: by the project, and by the local ones that it names.
func (p *Project) digest() (string, error) {
	hash := sha256.New()
	if err := p.write(hash, map[string]bool{}); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (p *Project) write(w io.Writer, seen map[string]bool) error {
	if seen[p.Folder] {
		return nil
	}
	seen[p.Folder] = true
	for _, part := range []struct {
		name string
		of   map[Lib]Coordinate
	}{{"deps", p.Deps}, {"overrides", p.Overrides}, {"defaults", p.Defaults}} {
		for _, lib := range sortedLibs(part.of) {
			c := part.of[lib]
			root := c.Root
			if rel, err := filepath.Rel(p.Folder, root); root != "" && err == nil {
				root = rel // the same wherever the project lies
			}
			fmt.Fprintf(w, "%s %s %q %q %v\n", part.name, lib, c.Version, filepath.ToSlash(root), c.Exclusions)
			if info, err := os.Stat(c.Root); c.Root == "" || err != nil || !info.IsDir() {
				continue
			}
			local, err := ReadProject(c.Root, nil)
			if err != nil {
				return fmt.Errorf("%s: %w", lib, err)
			}
			if err := local.write(w, seen); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(w, "repos %v\n", p.Repos) // maps are printed in the order of their keys
	return nil
}

// aliasList is the aliases as the lock file has them, in the order given: a later one wins.
func aliasList(aliases []string) []string {
	out := []string{}
	for _, a := range aliases {
		out = append(out, strings.TrimPrefix(a, ":"))
	}
	return out
}

func sha256Of(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// writeWhole writes a file so that a reader has the old text or the new one.
func writeWhole(file string, text []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // after the rename there is nothing to remove
	if _, err := tmp.Write(text); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
