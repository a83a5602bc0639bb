package test

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// needs lists what an executable wants of the system before its own first instruction: a loader, libraries, symbols.
func needs(t *testing.T, path string) []string {
	t.Helper()
	f, err := elf.Open(path)
	require.NoError(t, err)
	defer f.Close()
	var list []string
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			list = append(list, p.Type.String())
		}
	}
	for _, s := range f.Sections {
		if s.Type == elf.SHT_DYNAMIC || s.Type == elf.SHT_DYNSYM {
			list = append(list, s.Type.String())
		}
	}
	libraries, err := f.ImportedLibraries()
	require.NoError(t, err)
	symbols, err := f.ImportedSymbols()
	if !errors.Is(err, elf.ErrNoSymbols) {
		require.NoError(t, err)
	}
	for _, s := range symbols {
		list = append(list, s.Name)
	}
	return append(list, libraries...)
}

// machines are the layers' architectures, as ELF names them.
var machines = map[string]elf.Machine{"x86_64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// shipped is a file of a layer's folder in dist/. That of the other architecture may not have been made.
func shipped(t *testing.T, arch, name string) string {
	t.Helper()
	path := filepath.Join(dist, arch, name)
	if _, err := os.Stat(path); err != nil {
		unavailable(t, "dist/%s/%s is not there: run `make layer ARCH=%s` first", arch, name, arch)
	}
	return path
}

func TestShippedExecutablesNeedNoLoaderAndNoLibrary(t *testing.T) {
	for arch, machine := range machines {
		for _, name := range []string{"bootstrap", "lumo"} {
			t.Run(arch+"/"+name, func(t *testing.T) {
				path := shipped(t, arch, name)
				f, err := elf.Open(path)
				require.NoError(t, err)
				defer f.Close()
				assert.Equal(t, machine, f.Machine)
				assert.Empty(t, needs(t, path))
			})
		}
	}
	t.Run("one that does is noticed", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "dynamic")
		compile(t, "child.c", path)
		list := needs(t, path)
		for _, one := range []string{"PT_INTERP", "PT_DYNAMIC", "SHT_DYNAMIC", "libc.so.6", "getaddrinfo"} {
			assert.Contains(t, list, one)
		}
	})
}

// nobody is a user whom no system knows.
const nobody = 61234

// alone is the command that runs the executable, called name, where there is nothing else: its own folder is the root,
// without /proc, /dev and /etc; the environment is empty; its user has no name and no home.
func alone(t *testing.T, executable, name string, args ...string) *exec.Cmd {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.Chmod(folder, 0o755))
	require.NoError(t, linkOrCopy(executable, filepath.Join(folder, name)))
	cmd := exec.CommandContext(t.Context(), "/"+name, args...)
	cmd.Dir, cmd.Env = "/", []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: folder}
	if known(nobody) {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		return cmd
	}
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}}
	return cmd
}

// known tells whether the user namespace that the test is in has a user of that number.
func known(uid int) bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	var inside, outside, size int
	_, scanErr := fmt.Sscan(string(text), &inside, &outside, &size)
	return errors.Join(err, scanErr) == nil && inside <= uid && uid < inside+size
}

func TestLumoRunsWhereThereIsNothingElse(t *testing.T) {
	if !isolated(t) {
		return
	}
	lumo := filepath.Join(layerDir, "lumo")
	out, err := alone(t, lumo, "lumo", "-e", "(+ 1 2)", "-e", "(.getuid js/process)").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, fmt.Sprintf("3\n%d\n", nobody), string(out))

	out, err = alone(t, lumo, "lumo", "--selfcheck").CombinedOutput()
	assert.NoError(t, err)
	checks := selfcheck(t, string(out))
	assert.Empty(t, checks.failed)
	assert.Contains(t, string(out), "localhost is EAI_AGAIN", "no /etc/hosts, nobody to ask")
	assert.Contains(t, string(out), fmt.Sprintf("uid %d has no entry", nobody))
}

// The control: a program that is as alone and does need something.
func TestDynamicProgramDoesNotRunWhereThereIsNothingElse(t *testing.T) {
	if !isolated(t) {
		return
	}
	program := filepath.Join(t.TempDir(), "dynamic")
	compile(t, "child.c", program)
	assert.ErrorIs(t, alone(t, program, "lumo").Run(), syscall.ENOENT, "its loader is not there")
	compile(t, "child.c", program, "-static")
	var exit *exec.ExitError
	require.ErrorAs(t, alone(t, program, "lumo").Run(), &exit, "a static one starts")
	assert.Equal(t, 1, exit.ExitCode(), "and says that it was not told what to look up")
}
