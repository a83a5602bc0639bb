package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"path/filepath"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// sbomFile is the software bill of materials in the folder of a layer's executables.
const sbomFile = "sbom.cdx.json"

// writeSBOM writes the bill of materials of the executables in the folder dist: there, where the zip takes it from, and
// beside the zip.
func (t *tree) writeSBOM(ctx context.Context, arch host.Arch, f flavour, dist string) error {
	text, err := t.sbom(ctx, arch, f, dist)
	if err != nil {
		return err
	}
	beside := t.path("dist", "lumo-lambda-"+f.label(arch)+".cdx.json")
	for _, file := range []string{filepath.Join(dist, sbomFile), beside} {
		if err := writeFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sbom is a CycloneDX document: the layer, its two executables with their hashes, and what others wrote inside these, each
// with version, licence, package URL, and the hashes of what it was made from. It has neither a date nor a number of its
// own, so the same executables give the same bytes.
func (t *tree) sbom(ctx context.Context, arch host.Arch, f flavour, dist string) ([]byte, error) {
	bundle, err := t.recipe("bundle")
	if err != nil {
		return nil, err
	}
	all, err := t.componentsOf(ctx, f)
	if err != nil {
		return nil, err
	}
	sums, goVersion, err := linkedModules(filepath.Join(dist, "bootstrap"))
	if err != nil {
		return nil, err
	}
	own := func(name string) cdx.Component {
		return cdx.Component{
			BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Version: bundle.Version,
			Licenses: licences("Apache-2.0"),
		}
	}
	layer := own("lumo-lambda-" + f.label(arch))
	parts := []cdx.Component{}
	inside := map[string][]string{layer.BOMRef: {"bootstrap", "lumo"}}
	for _, name := range inside[layer.BOMRef] {
		program := own(name)
		digest, err := step.FileDigest(filepath.Join(dist, name))
		if err != nil {
			return nil, err
		}
		program.Hashes = sha256Of(digest)
		parts = append(parts, program)
	}
	for _, c := range all {
		part, err := t.materialOf(c, arch, sums, goVersion)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		program, _, _ := strings.Cut(c.in, ",")
		inside[program] = append(inside[program], part.BOMRef)
	}
	dependencies := []cdx.Dependency{}
	for _, ref := range []string{layer.BOMRef, "bootstrap", "lumo"} {
		list := inside[ref]
		dependencies = append(dependencies, cdx.Dependency{Ref: ref, Dependencies: &list})
	}
	bom := cdx.NewBOM()
	bom.SpecVersion = cdx.SpecVersion1_6
	bom.Metadata = &cdx.Metadata{Lifecycles: &[]cdx.Lifecycle{{Phase: cdx.LifecyclePhaseBuild}}, Component: &layer}
	bom.Components, bom.Dependencies = &parts, &dependencies
	var out bytes.Buffer
	encoder := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return nil, fmt.Errorf("write the bill of materials: %w", err)
	}
	return out.Bytes(), nil
}

// linkedModules are what an executable says of itself: the go.sum lines of its modules, and the release of Go.
func linkedModules(exe string) (sums map[string]string, goVersion string, err error) {
	info, err := buildinfo.ReadFile(exe)
	if err != nil {
		return nil, "", fmt.Errorf("read what %s was linked from: %w", filepath.Base(exe), err)
	}
	sums = map[string]string{}
	for _, m := range info.Deps {
		sums[m.Path+"@"+m.Version] = m.Sum
	}
	return sums, strings.TrimPrefix(info.GoVersion, "go"), nil
}

// materialOf describes one component.
func (t *tree) materialOf(c component, arch host.Arch, sums map[string]string, goVersion string) (cdx.Component, error) {
	m := cdx.Component{
		BOMRef: c.in + ": " + c.name, Type: cdx.ComponentTypeLibrary, Name: c.name, Version: c.version,
		Licenses: licences(c.licence),
	}
	var properties []cdx.Property
	switch {
	case c.owner == nil:
		m.PackageURL = purl("golang", c.name, c.version)
		sum, linked := sums[c.name+"@"+c.version]
		if !linked {
			return m, fmt.Errorf("bootstrap is not linked from %s %s, as go list says: make it again", c.name, c.version)
		}
		properties = append(properties, cdx.Property{Name: "lumo:go.sum", Value: sum})
	case c.in == inBootstrap:
		m.Version = goVersion
		m.PackageURL = purl("golang", "stdlib", goVersion)
	default:
		origins, err := t.originsOf(c.part, c.owner, arch)
		if err != nil {
			return m, err
		}
		m.PackageURL = partPURL(c.part, origins)
		m.ExternalReferences = references(origins)
	}
	for _, text := range c.texts {
		properties = append(properties, cdx.Property{Name: "lumo:licence-text", Value: text.Name})
	}
	m.Properties = &properties
	return m, nil
}

// references are the files that a component was made from.
func references(origins []recipe.Source) *[]cdx.ExternalReference {
	list := []cdx.ExternalReference{}
	for _, s := range origins {
		list = append(list, cdx.ExternalReference{
			Type: cdx.ERTypeSourceDistribution, URL: sourcePURL(s), Comment: s.File, Hashes: sha256Of(s.SHA256),
		})
	}
	return &list
}

// licences is an SPDX licence. A recipe, whose words have no blanks, writes an exception's WITH between dashes.
func licences(id string) *cdx.Licenses {
	if expression := strings.ReplaceAll(id, "-WITH-", " WITH "); expression != id {
		return &cdx.Licenses{{Expression: expression}}
	}
	return &cdx.Licenses{{License: &cdx.License{ID: id}}}
}

func sha256Of(digest string) *[]cdx.Hash {
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: digest}}
}
