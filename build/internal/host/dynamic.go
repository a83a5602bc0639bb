package host

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Runner makes the command that runs a program here, with argv0 as what the program sees as its own name.
type Runner func(ctx context.Context, argv0, exe string, args ...string) (*exec.Cmd, error)

// library is where Debian puts an architecture's libraries on a machine of another one, and which packages do.
type library struct {
	sysroot  string
	files    []string // below sysroot: those without which no program starts
	packages []string
}

var libraries = map[Arch]library{
	X8664: {
		"/usr/x86_64-linux-gnu", []string{"lib/ld-linux-x86-64.so.2", "lib/libstdc++.so.6"},
		[]string{"libc6-amd64-cross", "libstdc++6-amd64-cross"},
	},
	ARM64: {
		"/usr/aarch64-linux-gnu", []string{"lib/ld-linux-aarch64.so.1", "lib/libstdc++.so.6"},
		[]string{"libc6-arm64-cross", "libstdc++6-arm64-cross"},
	},
}

// DynamicCommand is Command for an executable that asks for glibc and libstdc++.
func (a Arch) DynamicCommand(ctx context.Context, argv0, exe string, args ...string) (*exec.Cmd, error) {
	cmd, err := a.Command(ctx, argv0, exe, args...)
	if err != nil || a.GOARCH() == runtime.GOARCH {
		return cmd, err
	}
	l := libraries[a]
	for _, name := range l.files {
		file := filepath.Join(l.sysroot, name)
		if _, err := os.Stat(file); err != nil {
			return nil, &MissingToolError{
				Tool: file, Purpose: "is what glibc programs of " + string(a) + " ask for",
				Getting: "apt-get install " + strings.Join(l.packages, " "),
			}
		}
	}
	cmd.Args = append([]string{cmd.Args[0], "-L", l.sysroot}, cmd.Args[1:]...)
	return cmd, nil
}

// LibraryPackages are Debian's packages of what DynamicCommand needs.
func (a Arch) LibraryPackages() []string { return libraries[a].packages }
