package deps

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Settings are what of Maven's settings.xml matters here.
type Settings struct {
	LocalRepository string
	Mirrors         []Mirror
	Servers         map[string]Server // by the id of a repository or mirror
	Offline         bool
}

// Mirror stands in for the repositories that Of names: ids, *, external:*, and !id for all but that one, separated by commas.
type Mirror struct {
	ID      string `xml:"id"`
	Of      string `xml:"mirrorOf"`
	URL     string `xml:"url"`
	Blocked bool   `xml:"blocked"`
}

// Server is who to be at a repository.
type Server struct {
	ID       string `xml:"id"`
	Username string `xml:"username"`
	Password string `xml:"password"`
}

type settingsXML struct {
	LocalRepository string   `xml:"localRepository"`
	Offline         bool     `xml:"offline"`
	Mirrors         []Mirror `xml:"mirrors>mirror"`
	Servers         []Server `xml:"servers>server"`
}

// ReadSettings reads ~/.m2/settings.xml; without one the settings are Maven's own.
func ReadSettings() (Settings, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return Settings{}, fmt.Errorf("find Maven's settings: %w", err)
	}
	return readSettings(filepath.Join(home, ".m2"), os.Getenv)
}

func readSettings(folder string, env func(string) string) (Settings, error) {
	s := Settings{LocalRepository: filepath.Join(folder, "repository"), Servers: map[string]Server{}}
	file := filepath.Join(folder, "settings.xml")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read Maven's settings: %w", err)
	}
	var x settingsXML
	if err := xml.Unmarshal(text, &x); err != nil {
		return s, fmt.Errorf("read %s: %w", file, err)
	}
	fill := func(text string) string { return fillFromEnvironment(strings.TrimSpace(text), folder, env) }
	if local := fill(x.LocalRepository); local != "" {
		s.LocalRepository = local
	}
	s.Offline = x.Offline
	for _, m := range x.Mirrors {
		s.Mirrors = append(s.Mirrors, Mirror{fill(m.ID), fill(m.Of), fill(m.URL), m.Blocked})
	}
	for _, server := range x.Servers {
		if strings.HasPrefix(strings.TrimSpace(server.Password), "{") {
			continue // encrypted with a key that only Maven has
		}
		s.Servers[fill(server.ID)] = Server{fill(server.ID), fill(server.Username), fill(server.Password)}
	}
	return s, nil
}

// fillFromEnvironment replaces ${env.NAME} and ${user.home}.
func fillFromEnvironment(text, folder string, env func(string) string) string {
	return os.Expand(text, func(name string) string {
		if variable, ok := strings.CutPrefix(name, "env."); ok {
			return env(variable)
		}
		if name == "user.home" {
			return filepath.Dir(folder)
		}
		return "${" + name + "}"
	})
}

// mirrorOf is the mirror that stands in for the repository, or nil.
func (s Settings) mirrorOf(id, address string) *Mirror {
	for i, m := range s.Mirrors {
		if m.matches(id, address) {
			return &s.Mirrors[i]
		}
	}
	return nil
}

func (m Mirror) matches(id, address string) bool {
	matched := false
	for pattern := range strings.SplitSeq(m.Of, ",") {
		switch pattern = strings.TrimSpace(pattern); {
		case pattern == "!"+id:
			return false
		case pattern == id, pattern == "*":
			matched = true
		case pattern == "external:*":
			matched = matched || external(address)
		case pattern == "external:http:*":
			matched = matched || external(address) && strings.HasPrefix(address, "http:")
		}
	}
	return matched
}

func external(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme != "file" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1"
}
