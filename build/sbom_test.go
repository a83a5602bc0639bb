package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

// executables are a real bootstrap and something in lumo's place.
func executables(t *testing.T, tr *tree, arch host.Arch) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, tr.goBuild(t.Context(), arch, "./cmd/bootstrap", filepath.Join(dir, "bootstrap")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lumo"), []byte("lumo"), 0o755))
	return dir
}

// eachSBOM runs a test over the bills of material of all layers.
func eachSBOM(t *testing.T, test func(t *testing.T, f flavour, text []byte, bom *cdx.BOM)) {
	tr := thisTree(t)
	for _, arch := range host.Arches {
		dist := executables(t, tr, arch)
		for _, f := range flavours {
			t.Run(f.label(arch), func(t *testing.T) {
				text, err := tr.sbom(t.Context(), arch, f, dist)
				require.NoError(t, err)
				var bom cdx.BOM
				require.NoError(t, cdx.NewBOMDecoder(bytes.NewReader(text), cdx.BOMFileFormatJSON).Decode(&bom))
				test(t, f, text, &bom)
			})
		}
	}
}

// schema is CycloneDX's own, out of a Python package that carries it.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir := thisTree(t).path(".cache", "testdeps", "cyclonedx", "cyclonedx", "schema", "_res")
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	const top = "bom-1.6.SNAPSHOT.schema.json"
	for _, name := range []string{"spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json", top} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if os.IsNotExist(err) && os.Getenv("CI") != "true" {
			t.Skipf("CycloneDX's schema is missing (%v): run `go run ./build deps` first", err)
		}
		require.NoError(t, err)
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		delete(document.(map[string]any), "$id") // they refer to each other by these files' names
		require.NoError(t, compiler.AddResource("file:///"+name, document))
	}
	s, err := compiler.Compile("file:///" + top)
	require.NoError(t, err)
	return s
}

func TestBillOfMaterialsFitsCycloneDXsSchema(t *testing.T) {
	s := schema(t)
	eachSBOM(t, func(t *testing.T, _ flavour, text []byte, _ *cdx.BOM) {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		assert.NoError(t, s.Validate(document))
	})
	for name, bad := range map[string]string{
		"a licence that SPDX does not know": `{"type":"library","name":"a","licenses":[{"license":{"id":"public-domain"}}]}`,
		"a hash that is none":               `{"type":"library","name":"a","hashes":[{"alg":"SHA-256","content":"abc"}]}`,
	} {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + bad + `]}`))
		require.NoError(t, err)
		assert.Error(t, s.Validate(document), name)
	}
}

func TestBillOfMaterialsHasEveryPartAndModule(t *testing.T) {
	tr := thisTree(t)
	modules, err := tr.goModules(t.Context())
	require.NoError(t, err)
	recipes, err := recipe.LoadAll(tr.path("build", "recipes"))
	require.NoError(t, err)
	eachSBOM(t, func(t *testing.T, f flavour, _ []byte, bom *cdx.BOM) {
		listed := map[string]cdx.Component{}
		for _, c := range *bom.Components {
			listed[c.BOMRef] = c
		}
		want := 2 // bootstrap and lumo
		for _, m := range modules {
			want++
			c := listed[inBootstrap+": "+m.name]
			assert.Equal(t, m.version, c.Version, m.name)
			assert.Contains(t, propertiesOf(c), "lumo:go.sum=h1:")
		}
		for _, r := range recipes {
			in, err := tr.whereIs(r)
			require.NoError(t, err)
			if in == map[flavour]string{static: inDynamicEngine, dynamic: inStaticEngine}[f] {
				continue
			}
			for _, p := range partsOf(t, r.Name) {
				want++
				c := listed[in+": "+p.Name]
				assert.True(t, strings.HasPrefix(c.Version, p.Version), "%s: %q", p.Name, c.Version)
				assert.NotEmpty(t, c.PackageURL, p.Name)
				assert.Contains(t, propertiesOf(c), "lumo:licence-text="+noticesDir+"/"+filepath.Base(p.Texts[0]), p.Name)
				if in != inBootstrap {
					assert.NotEmpty(t, c.ExternalReferences, "the sources of %s", p.Name)
				}
			}
		}
		assert.Len(t, *bom.Components, want)
	})
}

func propertiesOf(c cdx.Component) string {
	var text strings.Builder
	if c.Properties != nil {
		for _, p := range *c.Properties {
			fmt.Fprintf(&text, "%s=%s\n", p.Name, p.Value)
		}
	}
	return text.String()
}

func TestSameExecutablesGiveTheSameBillOfMaterials(t *testing.T) {
	tr := thisTree(t)
	dist := executables(t, tr, host.X8664)
	one, err := tr.sbom(t.Context(), host.X8664, static, dist)
	require.NoError(t, err)
	two, err := tr.sbom(t.Context(), host.X8664, static, dist)
	require.NoError(t, err)
	assert.Equal(t, string(one), string(two))
}

// What each part is said to be made of is for a person to review.
func TestGoldenOrigins(t *testing.T) {
	tr := thisTree(t)
	all, err := tr.components(t.Context())
	require.NoError(t, err)
	var list strings.Builder
	for _, c := range all {
		if c.owner == nil || c.in == inBootstrap {
			continue
		}
		for _, arch := range host.Arches {
			origins, err := tr.originsOf(c.part, c.owner, arch)
			require.NoError(t, err)
			for _, s := range origins {
				fmt.Fprintf(&list, "%s: %s: %s %s\n", arch, partPURL(c.part, origins), s.File, sourcePURL(s))
			}
		}
	}
	golden(t, "testdata/origins.golden", list.String())
}
