package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/layer"
)

const (
	noticesFile = "THIRD_PARTY_NOTICES.md"
	// noticesDir is where the layer has the licences' texts.
	noticesDir = "THIRD_PARTY_NOTICES"
)

// component is something by others that is inside the layer's executables.
type component struct {
	in, name, version, licence string
	texts                      []layer.File
	part                       recipe.Part    // of a recipe,
	owner                      *recipe.Recipe // this one; nil for a Go module
}

// components come from the recipes' parts and, for bootstrap, from Go's own list of what it links.
func (t *tree) components(ctx context.Context) ([]component, error) {
	recipes, err := recipe.LoadAll(t.path("build", "recipes"))
	if err != nil {
		return nil, err
	}
	var all []component
	for _, r := range recipes {
		in, err := t.whereIs(r)
		if err != nil {
			return nil, err
		}
		parts, err := recipe.PartsOf(r, recipes)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			c := component{in: in, name: p.Name, version: p.Version, licence: p.Licence, part: p, owner: r}
			for _, text := range p.Texts {
				c.texts = append(c.texts, layer.File{
					Name: noticesDir + "/" + filepath.Base(text), Path: filepath.Join(r.Dir, text),
				})
			}
			all = append(all, c)
		}
	}
	modules, err := t.goModules(ctx)
	if err != nil {
		return nil, err
	}
	all = append(all, modules...)
	slices.SortStableFunc(all, func(a, b component) int { return cmp.Compare(a.in, b.in) })
	return all, nil
}

// goModules are the modules whose packages bootstrap links, each with the licence that lies in its folder.
func (t *tree) goModules(ctx context.Context) ([]component, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module", "./cmd/bootstrap")
	cmd.Dir, cmd.Stderr = t.root, t.out
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list what bootstrap links: %w", err)
	}
	found := map[string]component{}
	for list := json.NewDecoder(bytes.NewReader(text)); ; {
		var pkg struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := list.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read what bootstrap links: %w", err)
		}
		m := pkg.Module
		if m == nil || m.Main || found[m.Path].name != "" {
			continue
		}
		c, err := goModule(m.Path, m.Version, m.Dir)
		if err != nil {
			return nil, err
		}
		found[m.Path] = c
	}
	return slices.SortedFunc(maps.Values(found), func(a, b component) int { return cmp.Compare(a.name, b.name) }), nil
}

func goModule(path, version, dir string) (component, error) {
	c := component{in: "bootstrap", name: path, version: version}
	files, err := filepath.Glob(filepath.Join(dir, "LICEN[CS]E*"))
	if err != nil || len(files) == 0 {
		return c, fmt.Errorf("module %s has no licence file", path)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return c, fmt.Errorf("read the licence of %s: %w", path, err)
		}
		if c.licence = cmp.Or(c.licence, licenceOf(string(text))); c.licence == "" {
			return c, fmt.Errorf("the licence of module %s (%s) is none that is known here", path, file)
		}
		name := strings.ReplaceAll(path, "/", "_")
		if base := filepath.Base(file); len(files) > 1 {
			name += "_" + base
		}
		c.texts = append(c.texts, layer.File{Name: noticesDir + "/" + name + ".txt", Path: file})
	}
	return c, nil
}

// licenceOf tells a licence by a sentence that no other has. The first that fits counts.
func licenceOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, known := range []struct{ id, sentence string }{
		{"Apache-2.0", "Apache License Version 2.0"},
		{"MIT", "Permission is hereby granted, free of charge"},
		{"BSD-3-Clause", "Neither the name of"},
		{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
	} {
		if strings.Contains(text, known.sentence) {
			return known.id
		}
	}
	return ""
}

// noticesText is THIRD_PARTY_NOTICES.md.
func noticesText(all []component) string {
	var b strings.Builder
	b.WriteString("# Third-party notices\n\n" +
		"What is inside the layer's two executables beside this project's own code, which is under the Apache License 2.0.\n" +
		"The layer has the licences' texts in its folder " + noticesDir + "/. This file is written by `go run ./build notices`,\n" +
		"from the recipes under build/recipes and from what Go says that bootstrap links.\n")
	in := ""
	for _, c := range all {
		if c.in != in {
			in = c.in
			fmt.Fprintf(&b, "\n## %s\n\n| component | version | licence | text |\n|---|---|---|---|\n", in)
		}
		var texts []string
		for _, text := range c.texts {
			texts = append(texts, strings.TrimPrefix(text.Name, noticesDir+"/"))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.name, c.version, c.licence, strings.Join(texts, ", "))
	}
	return b.String()
}

// noticeFiles are the notices as the layer of a flavour has them.
func (t *tree) noticeFiles(ctx context.Context, f flavour) ([]layer.File, error) {
	all, err := t.componentsOf(ctx, f)
	if err != nil {
		return nil, err
	}
	files := map[string]layer.File{noticesFile: {Name: noticesFile, Path: t.path(noticesFile)}}
	for _, c := range all {
		for _, text := range c.texts {
			if old, ok := files[text.Name]; ok && old.Path != text.Path {
				return nil, fmt.Errorf("two licence texts are called %s: %s and %s", text.Name, old.Path, text.Path)
			}
			files[text.Name] = text
		}
	}
	return slices.SortedFunc(maps.Values(files), func(a, b layer.File) int { return cmp.Compare(a.Name, b.Name) }), nil
}

func noticesTarget(ctx context.Context, t *tree, _ host.Arch, _ io.Writer) error {
	all, err := t.components(ctx)
	if err != nil {
		return err
	}
	return writeFile(t.path(noticesFile), []byte(noticesText(all)), 0o644)
}
