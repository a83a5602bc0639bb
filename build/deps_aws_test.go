package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func readTree(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(thisTree(t).path(name))
	require.NoError(t, err)
	return string(text)
}

func TestLockFileOfTheSDKsHasAHashForEachPackage(t *testing.T) {
	var lock struct {
		Packages map[string]struct {
			Version, Resolved, Integrity string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(readTree(t, sdkLock+"/package-lock.json")), &lock))
	var manifest struct{ Dependencies map[string]string }
	require.NoError(t, json.Unmarshal([]byte(readTree(t, sdkLock+"/package.json")), &manifest))
	require.NotEmpty(t, manifest.Dependencies)
	for name, version := range manifest.Dependencies {
		assert.Equal(t, version, lock.Packages["node_modules/"+name].Version, "%s is pinned, and locked as it is pinned", name)
	}
	for name, p := range lock.Packages {
		if name == "" {
			continue // the manifest
		}
		assert.Regexp(t, "^sha512-", p.Integrity, name)
		assert.Empty(t, p.Resolved, "%s names a registry; write the lock file with --omit-lockfile-registry-resolved", name)
	}
}

func TestRequirementsHaveHashes(t *testing.T) {
	for _, file := range []string{motoRequirements, cfnLintRequirements} {
		text := readTree(t, file)
		for _, entry := range strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\n    ", " ")), "\n") {
			assert.Regexp(t, `^[a-z0-9-]+==\S+ (; .* )?\\( --hash=sha256:[0-9a-f]{64}( \\)?)+$`, entry)
		}
		assert.NotContains(t, text, "://", "an address of a registry in "+file)
	}
}

func TestVersitygwIsTheToolOfItsModuleFile(t *testing.T) {
	assert.Contains(t, readTree(t, versitygwModule), "\ntool "+versitygwPackage+"\n")
	assert.Contains(t, readTree(t, versitygwSums), "github.com/versity/versitygw v1.8.0 h1:")
}
