package deps

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// central is Maven Central's name and place; the settings may have a mirror for it.
const (
	centralID  = "central"
	centralURL = "https://repo.maven.apache.org/maven2"
)

// ErrNotFound says that no repository has a file.
var ErrNotFound = errors.New("not found")

// Repositories are where artefacts come from: the local one, then the others.
type Repositories struct {
	// Offline keeps all but the local one from being asked.
	Offline bool

	local   string
	remotes []remote
	client  *http.Client
}

type remote struct {
	id, url string
	server  Server
}

// NewRepositories are Maven's local repository, Central, and `more` by their names, as the settings have them.
func NewRepositories(s Settings, more map[string]string) (*Repositories, error) {
	r := &Repositories{Offline: s.Offline, local: s.LocalRepository, client: http.DefaultClient}
	add := func(id, address string) error {
		name := id
		if m := s.mirrorOf(id, address); m != nil {
			if m.Blocked {
				return fmt.Errorf("repository %s (%s) is blocked by the mirror %s of Maven's settings", id, address, m.ID)
			}
			name, address = m.ID, m.URL
		}
		one := remote{name, strings.TrimSuffix(address, "/"), s.Servers[name]}
		if !slices.Contains(r.remotes, one) {
			r.remotes = append(r.remotes, one)
		}
		return nil
	}
	address := centralURL
	if own, ok := more[centralID]; ok {
		address = own
	}
	if err := add(centralID, address); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(more)) {
		if id == centralID {
			continue
		}
		if err := add(id, more[id]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// artifactPath is where a repository has an artefact.
func artifactPath(lib Lib, version, extension string) string {
	name := lib.Artifact + "-" + version
	if lib.Classifier != "" {
		name += "-" + lib.Classifier
	}
	return path.Join(strings.ReplaceAll(lib.Group, ".", "/"), lib.Artifact, version, name+"."+extension)
}

// get returns the local repository's file, fetched into it where it was not there.
func (r *Repositories) get(ctx context.Context, name string) (string, error) {
	file := filepath.Join(r.local, filepath.FromSlash(name))
	info, err := os.Stat(file)
	if err == nil && info.Mode().IsRegular() {
		return file, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if r.Offline {
		return "", fmt.Errorf("%w in the local repository %s, and this is offline", ErrNotFound, r.local)
	}
	var asked []string
	for _, one := range r.remotes {
		err := r.fetch(ctx, one, name, file)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return "", fmt.Errorf("fetch %s from the repository %s: %w", path.Base(name), one.id, err)
		}
		asked = append(asked, one.id)
	}
	return "", fmt.Errorf("%w: %s is neither in the local repository %s nor in %s; check the name and the version, or name the repository that has it under :mvn/repos",
		ErrNotFound, name, r.local, strings.Join(asked, ", "))
}

// fetch writes a file of the repository to `file`, whole or not at all.
func (r *Repositories) fetch(ctx context.Context, from remote, name, file string) error {
	body, err := r.open(ctx, from, name)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // after the rename there is nothing to remove
	hash := sha1.New()
	if _, err := io.Copy(io.MultiWriter(tmp, hash), body); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := r.checkSHA1(ctx, from, name, hex.EncodeToString(hash.Sum(nil))); err != nil {
		return err
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// checkSHA1 compares with what the repository says; one that says nothing is believed.
func (r *Repositories) checkSHA1(ctx context.Context, from remote, name, got string) error {
	body, err := r.open(ctx, from, name+".sha1")
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, 1024))
	if err != nil {
		return err
	}
	want, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	if !strings.EqualFold(want, got) {
		return fmt.Errorf("its SHA-1 is %s, but the repository says %s; it was damaged on the way, try again", got, want)
	}
	return nil
}

func (r *Repositories) open(ctx context.Context, from remote, name string) (io.ReadCloser, error) {
	if local, ok := strings.CutPrefix(from.url, "file://"); ok {
		f, err := os.Open(filepath.Join(local, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, ErrNotFound
		}
		return f, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.url+"/"+name, nil)
	if err != nil {
		return nil, err
	}
	if from.server.Username != "" {
		req.SetBasicAuth(from.server.Username, from.server.Password)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.Body, nil
	case http.StatusNotFound, http.StatusGone:
		resp.Body.Close()
		return nil, ErrNotFound
	}
	resp.Body.Close()
	return nil, fmt.Errorf("it answered %s", resp.Status)
}
