package fetch

import (
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

// mavenPlugin is pinned, as Maven would take whichever it likes best.
const mavenPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

// project is what little of a POM it takes to have jars resolved and copied.
type project struct {
	XMLName      xml.Name     `xml:"project"`
	ModelVersion string       `xml:"modelVersion"`
	GroupID      string       `xml:"groupId"`
	ArtifactID   string       `xml:"artifactId"`
	Version      string       `xml:"version"`
	Dependencies []dependency `xml:"dependencies>dependency"`
}

type dependency struct {
	GroupID    string `xml:"groupId"`
	ArtifactID string `xml:"artifactId"`
	Version    string `xml:"version"`
}

// maven copies all jars in one run. Each is a direct dependency, so its version wins over any that a POM asks for, and
// what the POMs ask for beyond the list is left out.
func maven(ctx context.Context, run Client, dir string, sources []recipe.Source) error {
	mvn, err := host.Find("mvn", "fetches jars from Maven Central")
	if err != nil {
		return err
	}
	if _, err := host.Find("java", "runs Maven"); err != nil {
		return err
	}
	pom := project{ModelVersion: "4.0.0", GroupID: "lumo", ArtifactID: "sources", Version: "1"}
	for _, s := range sources {
		group, artifact, ok := strings.Cut(s.Name, ":")
		if !ok {
			return fmt.Errorf("%q is not group:artifact", s.Name)
		}
		pom.Dependencies = append(pom.Dependencies, dependency{group, artifact, s.Version})
	}
	text, err := xml.MarshalIndent(pom, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the POM: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pom.xml"), text, 0o644); err != nil {
		return fmt.Errorf("write the POM: %w", err)
	}
	return run(ctx, dir, mvn, "--batch-mode", "--no-transfer-progress", mavenPlugin,
		"-DexcludeTransitive=true", "-DoutputDirectory="+dir)
}

func npm(ctx context.Context, run Client, dir string, sources []recipe.Source) error {
	npm, err := host.Find("npm", "fetches packages from the npm registry")
	if err != nil {
		return err
	}
	argv := []string{npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", dir}
	for _, s := range sources {
		argv = append(argv, s.Name+"@"+s.Version)
	}
	return run(ctx, dir, argv...)
}

// pypi downloads one file at a time: a wheel's platform is an option of the whole command.
func pypi(ctx context.Context, run Client, dir string, sources []recipe.Source) error {
	python, err := host.Find("python3", "fetches packages from PyPI with pip")
	if err != nil {
		return err
	}
	for _, s := range sources {
		argv := []string{python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", dir}
		if wheel, ok := strings.CutSuffix(s.File, ".whl"); ok {
			argv = append(argv, "--only-binary", ":all:")
			// name-version-python-abi-platform: pip would otherwise take only what suits the machine it runs on.
			tags := strings.Split(wheel, "-")
			for _, platform := range strings.Split(tags[len(tags)-1], ".") {
				argv = append(argv, "--platform", platform)
			}
		} else {
			argv = append(argv, "--no-binary", ":all:")
		}
		if err := run(ctx, dir, append(argv, s.Name+"=="+s.Version)...); err != nil {
			return err
		}
	}
	return nil
}
