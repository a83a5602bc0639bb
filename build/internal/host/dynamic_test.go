package host

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// foreign is an architecture that this machine runs through qemu, of which a program is put on the PATH; the architecture's
// libraries are looked for in the folder that is returned.
func foreign(t *testing.T) (Arch, string) {
	t.Helper()
	native, err := Native()
	require.NoError(t, err)
	for _, a := range Arches {
		if a == native {
			continue
		}
		bin := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(bin, names[a].qemu), nil, 0o755))
		t.Setenv("PATH", bin)
		old, changed := libraries[a], libraries[a]
		changed.sysroot = t.TempDir()
		libraries[a] = changed
		t.Cleanup(func() { libraries[a] = old })
		return a, changed.sysroot
	}
	t.Fatal("there is one architecture only")
	return "", ""
}

func TestDynamicProgramOfAnotherMachineGetsItsLibraries(t *testing.T) {
	arch, sysroot := foreign(t)
	_, err := arch.DynamicCommand(t.Context(), "node", "/engine", "-e", "1")
	var missing *MissingToolError
	require.ErrorAs(t, err, &missing)
	assert.ErrorContains(t, err, sysroot)
	assert.ErrorContains(t, err, "is not there; it is what glibc programs of")
	for _, pkg := range arch.LibraryPackages() {
		assert.ErrorContains(t, err, pkg)
	}

	for _, file := range libraries[arch].files {
		require.NoError(t, os.MkdirAll(filepath.Join(sysroot, "lib"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(sysroot, file), nil, 0o644))
	}
	cmd, err := arch.DynamicCommand(t.Context(), "node", "/engine", "-e", "1")
	require.NoError(t, err)
	assert.Equal(t, []string{"-L", sysroot, "-0", "node", "/engine", "-e", "1"}, cmd.Args[1:])
}

func TestProgramOfThisMachineRunsDirectly(t *testing.T) {
	native, err := Native()
	require.NoError(t, err)
	for _, run := range []Runner{native.Command, native.DynamicCommand} {
		cmd, err := run(t.Context(), "node", "/engine", "-e", "1")
		require.NoError(t, err)
		assert.Equal(t, "/engine", cmd.Path)
		assert.Equal(t, []string{"node", "-e", "1"}, cmd.Args)
	}
}
