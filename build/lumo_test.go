package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/sea"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// eachArch runs a test for each architecture that this machine can run. In CI it must be all of them.
func eachArch(t *testing.T, test func(t *testing.T, arch host.Arch)) {
	for _, arch := range host.Arches {
		t.Run(string(arch), func(t *testing.T) {
			var missing *host.MissingToolError
			if _, err := arch.Command(context.Background(), "", ""); errors.As(err, &missing) && os.Getenv("CI") == "" {
				t.Skip(missing)
			}
			test(t, arch)
		})
	}
}

func buildApp(t *testing.T, arch host.Arch, bundle string) string {
	t.Helper()
	engine, err := thisTree(t).engine(t.Context(), arch)
	require.NoError(t, err)
	dir := t.TempDir()
	out := filepath.Join(dir, "app")
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer log.Close()
	err = sea.Build(t.Context(), arch.Command, engine, bundle, filepath.Join(dir, "work"), out, log)
	if err != nil {
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

// probe tells what an application sees of its start.
const probe = `
const made = { at: 'build time' };
require('v8').startupSnapshot.setDeserializeMainFunction(() => {
  const text = require('node:sea').getAsset('deep/asset.txt', 'utf8');
  console.log(JSON.stringify({ made, text, args: process.argv.slice(2), ownPid: process.pid !== 0, random: Math.random() }));
});
`

func TestApplicationRunsFromItsSnapshotWithAssetsAndArguments(t *testing.T) {
	bundle := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(bundle, "assets", "deep"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bundle, "main.js"), []byte(probe), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(bundle, "assets", "deep", "asset.txt"), []byte("süß"), 0o644))
	eachArch(t, func(t *testing.T, arch host.Arch) {
		app := buildApp(t, arch, bundle)
		type view struct {
			Made   map[string]string
			Text   string
			Args   []string
			OwnPid bool
			Random float64
		}
		start := func() (v view) {
			cmd, err := arch.Command(t.Context(), app, app, "-e", "two words")
			require.NoError(t, err)
			cmd.Env = []string{}
			out, err := cmd.Output()
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(out, &v), "%s", out)
			return v
		}
		one, two := start(), start()
		assert.NotEqual(t, one.Random, two.Random, "the seed of the build must not be that of every start")
		one.Random = 0
		assert.Equal(t, view{
			Made: map[string]string{"at": "build time"}, Text: "süß", Args: []string{"-e", "two words"}, OwnPid: true,
		}, one)
	})
}

func TestSameBundleGivesSameLumo(t *testing.T) {
	tr := thisTree(t)
	bundle, _, err := tr.bundle(t.Context())
	require.NoError(t, err)
	eachArch(t, func(t *testing.T, arch host.Arch) {
		first, err := step.FileDigest(buildApp(t, arch, bundle))
		require.NoError(t, err)
		second, err := step.FileDigest(buildApp(t, arch, bundle))
		require.NoError(t, err)
		assert.Equal(t, first, second)
	})
}

func TestBundleThatThrowsFailsTheBuild(t *testing.T) {
	tr := thisTree(t)
	engine, err := tr.engine(t.Context(), host.X8664)
	require.NoError(t, err)
	for name, script := range map[string]string{
		"throws":  "throw new Error('no')",
		"no main": "1",
	} {
		t.Run(name, func(t *testing.T) {
			bundle := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(bundle, "main.js"), []byte(script), 0o644))
			dir := t.TempDir()
			err := sea.Build(t.Context(), host.X8664.Command, engine, bundle, filepath.Join(dir, "work"), filepath.Join(dir, "app"), io.Discard)
			assert.ErrorContains(t, err, "make the start-up snapshot")
			assert.NoFileExists(t, filepath.Join(dir, "app"))
		})
	}
}
