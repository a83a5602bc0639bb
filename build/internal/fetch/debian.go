package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

// debianSuites are searched for sources: the releases that pins come from, the newest first. A suite moves on, and what it
// has dropped cannot be fetched any more.
var debianSuites = []string{"sid", "testing", "trixie-updates", "trixie"}

// aptFolder is below the folder to fetch into: apt's state for the suites above, so that the machine's own is left alone.
const aptFolder = "apt"

// debian takes files of source packages through apt, from the Debian mirror that the machine uses and under its keys. A
// file is looked for by its sha256 among all versions of its source package, as a new revision of a package has the same
// original source. What the mirror no longer has is named, with its pin.
func debian(ctx context.Context, run Client, dir string, sources []recipe.Source) error {
	apt, err := host.Find("apt-get", "fetches Debian source packages")
	if err != nil {
		return err
	}
	aptCache, err := host.Find("apt-cache", "looks for Debian source packages")
	if err != nil {
		return err
	}
	options, err := privateApt(ctx, apt, dir)
	if err != nil {
		return err
	}
	if err := run(ctx, dir, append([]string{apt, "--quiet", "update"}, options...)...); err != nil {
		return fmt.Errorf("read the mirror's lists: %w", err)
	}
	done := map[string]bool{}
	for _, s := range sources {
		argv := append([]string{"showsrc", "--only-source", s.Name}, options...)
		records, err := exec.CommandContext(ctx, aptCache, argv...).Output()
		if err != nil {
			return fmt.Errorf("look for Debian source %s: %w", s.Name, err)
		}
		version := versionWith(records, s.SHA256)
		if version == "" {
			return &PinError{Source: s, Err: errors.New("no version of the source package that the mirror lists has this file any more")}
		}
		pkg := s.Name + "=" + version
		if done[pkg] {
			continue
		}
		done[pkg] = true
		err = run(ctx, dir, append([]string{apt, "--quiet", "source", "--download-only", "--only-source", pkg}, options...)...)
		// A mirror in motion may have lost the package's description and still have the file.
		if _, missing := os.Stat(filepath.Join(dir, s.File)); err != nil && missing != nil {
			return &PinError{Source: s, Err: fmt.Errorf("the mirror lists %s but does not have it: %w", pkg, err)}
		}
	}
	return nil
}

// privateApt lays out a state for apt below dir, and returns the options that make apt use it.
func privateApt(ctx context.Context, apt, dir string) ([]string, error) {
	out, err := exec.CommandContext(ctx, apt, "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages").Output()
	if err != nil {
		return nil, fmt.Errorf("ask apt for its mirrors: %w", err)
	}
	mirror, err := debianMirror(out)
	if err != nil {
		return nil, err
	}
	state := filepath.Join(dir, aptFolder)
	for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(state, sub), 0o755); err != nil {
			return nil, fmt.Errorf("make a state for apt: %w", err)
		}
	}
	var list strings.Builder
	for _, suite := range debianSuites {
		fmt.Fprintf(&list, "deb-src %s %s main\n", mirror, suite)
	}
	if err := os.WriteFile(filepath.Join(state, "sources.list"), []byte(list.String()), 0o644); err != nil {
		return nil, fmt.Errorf("make a state for apt: %w", err)
	}
	return []string{
		"-o", "Dir::Etc::sourcelist=" + filepath.Join(state, "sources.list"),
		"-o", "Dir::Etc::sourceparts=-",
		"-o", "Dir::State::lists=" + filepath.Join(state, "lists"),
		"-o", "Dir::Cache=" + filepath.Join(state, "cache"),
		"-o", "APT::Get::AllowUnauthenticated=false",
		"-o", "APT::Sandbox::User=", // files go where only this user may write
	}, nil
}

// debianMirror is the first Debian archive, other than the one of security updates, among apt's targets.
func debianMirror(targets []byte) (string, error) {
	for lines := bufio.NewScanner(bytes.NewReader(targets)); lines.Scan(); {
		origin, uri, _ := strings.Cut(lines.Text(), " ")
		if origin == "Debian" && !strings.Contains(uri, "security") {
			return uri, nil
		}
	}
	return "", errors.New("apt knows no Debian mirror: Debian sources need a Debian, or a folder of sources")
}

// versionWith is the version of the source package, among apt's records, that has a file with that sha256.
func versionWith(records []byte, sha256 string) string {
	for _, record := range strings.Split(string(records), "\n\n") {
		if !strings.Contains(record, "\n "+sha256+" ") {
			continue
		}
		for _, line := range strings.Split(record, "\n") {
			if version, ok := strings.CutPrefix(line, "Version: "); ok {
				return version
			}
		}
	}
	return ""
}
