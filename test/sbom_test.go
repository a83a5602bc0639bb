package test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The bill of materials beside a layer's zip is the one inside, tells the hashes of what the zip holds, and names licence
// texts that are there.
func TestBillOfMaterialsIsOfTheLayerThatHoldsIt(t *testing.T) {
	zips, err := filepath.Glob(filepath.Join(dist, "lumo-lambda-*.zip"))
	require.NoError(t, err)
	require.NotEmpty(t, zips)
	for _, name := range zips {
		t.Run(filepath.Base(name), func(t *testing.T) {
			files := contents(t, name)
			inside := files["THIRD_PARTY_NOTICES/lumo-lambda.cdx.json"]
			beside, err := os.ReadFile(name[:len(name)-len(".zip")] + ".cdx.json")
			require.NoError(t, err)
			assert.Equal(t, string(beside), string(inside))
			var bom struct {
				Components []struct {
					Name       string
					Hashes     []struct{ Content string }
					Properties []struct{ Name, Value string }
				}
			}
			require.NoError(t, json.Unmarshal(inside, &bom))
			hashed, texts := 0, 0
			for _, c := range bom.Components {
				for _, h := range c.Hashes {
					sum := sha256.Sum256(files[c.Name])
					assert.Equal(t, hex.EncodeToString(sum[:]), h.Content, c.Name)
					hashed++
				}
				for _, p := range c.Properties {
					if p.Name == "lumo:licence-text" {
						assert.NotEmpty(t, files[p.Value], "%s of %s", p.Value, c.Name)
						texts++
					}
				}
			}
			assert.Equal(t, 2, hashed, "bootstrap and lumo")
			assert.Greater(t, texts, 20)
		})
	}
}

// contents are the files of a zip.
func contents(t *testing.T, name string) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader(name)
	require.NoError(t, err)
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
	}
	return files
}
