package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// nssService is a service of name look-ups, which glibc loads from libnss_lumotest.so.2.
const nssService = "lumotest"

// compile has gcc make the file out from a source in testdata/glibc.
func compile(t *testing.T, source, out string, flags ...string) {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		unavailable(t, "no C compiler: %v", err)
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(out), 0o755))
	argv := append([]string{"-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", out, filepath.Join("testdata", "glibc", source)}, flags...)
	said, err := exec.Command(gcc, argv...).CombinedOutput()
	require.NoError(t, err, "gcc: %s", said)
}

// nssLayer is a layer with that service. It is found there, as Lambda has /opt/lib in LD_LIBRARY_PATH.
func nssLayer(t *testing.T) string {
	t.Helper()
	layer := t.TempDir()
	compile(t, "nss.c", filepath.Join(layer, "lib", "libnss_"+nssService+".so.2"), "-shared", "-fPIC")
	return layer
}

// glibcLayer is the shipped layer with a lumo that is linked statically against glibc, and does nothing but look names up.
func glibcLayer(t *testing.T) string {
	t.Helper()
	layer := t.TempDir()
	compile(t, "child.c", filepath.Join(layer, "lumo"), "-static")
	require.NoError(t, linkOrCopy(filepath.Join(layerDir, "bootstrap"), filepath.Join(layer, "bootstrap")))
	return layer
}
