package emulator

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withoutRIE makes a machine that has no genuine emulator, and whose PATH is the folder that it returns.
func withoutRIE(t *testing.T) (bin string) {
	t.Helper()
	bin = t.TempDir()
	t.Setenv("PATH", bin)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("LUMO_RIE", "")
	return bin
}

func TestBuiltInServesWhereTheGenuineEmulatorCannotBeHad(t *testing.T) {
	withoutRIE(t)
	var notices []string
	lab := &lab{BuiltIn, &syncBuffer{}}
	e := lab.start(t, func(c *Config) {
		c.Emulator = Auto
		c.Notice = func(text string) { notices = append(notices, text) }
	})
	assert.Equal(t, "1", string(invoke(t, e, "1").Payload))
	require.Len(t, notices, 1, "%q", notices)
	assert.Regexp(t, "^the built-in emulator serves, .*python3 with pip is not here", notices[0])
}

func TestGenuineEmulatorThatWasAskedForMustBeThere(t *testing.T) {
	withoutRIE(t)
	_, err := Start(t.Context(), Config{Function: t.TempDir(), Handler: "a/b", Emulator: RIE})
	assert.ErrorContains(t, err, "get the runtime interface emulator: ")
	t.Setenv("LUMO_RIE", filepath.Join(t.TempDir(), "none"))
	_, err = Start(t.Context(), Config{Function: t.TempDir(), Handler: "a/b", Emulator: RIE})
	assert.ErrorContains(t, err, "use LUMO_RIE: ")
}

func TestWheelWithAnotherBinaryIsNotUsed(t *testing.T) {
	bin := withoutRIE(t)
	wheel := filepath.Join(bin, "fake.whl")
	f, err := os.Create(wheel)
	require.NoError(t, err)
	w := zip.NewWriter(f)
	for _, binary := range rieBinaries {
		entry, err := w.Create(binary.entry)
		require.NoError(t, err)
		_, err = entry.Write([]byte("something else"))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	// A python3 whose pip downloads that wheel and checks nothing.
	script := "#!/bin/sh\nfor a; do case $a in --dest=*) /bin/cp " + wheel + " ${a#--dest=}/x.whl;; esac; done\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755))

	_, err = findRIE(t.Context(), func(string) {})
	assert.ErrorContains(t, err, "the sha256 of samcli/local/rapid/aws-lambda-rie-")
	cache, err := cacheDir()
	require.NoError(t, err)
	left, err := filepath.Glob(filepath.Join(cache, "rie", "*", "*"))
	require.NoError(t, err)
	assert.Empty(t, left, "nothing is kept of it")
}

func TestPipThatFailsIsQuoted(t *testing.T) {
	bin := withoutRIE(t)
	script := "#!/bin/sh\necho trying\necho 'ERROR: no network here' >&2\nexit 1\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755))
	_, err := findRIE(t.Context(), func(string) {})
	assert.ErrorContains(t, err, "pip download: exit status 1: ERROR: no network here")
}
