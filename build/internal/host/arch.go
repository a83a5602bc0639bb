// Package host knows the machine that builds: which architectures there are, how a program of each is run here, and how
// to tell a person which tool is missing.
package host

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Arch is an architecture under the name that Lambda's layers have for it: "x86_64" or "arm64".
type Arch string

const (
	X8664 Arch = "x86_64"
	ARM64 Arch = "arm64"
)

// Arches are all there are.
var Arches = []Arch{X8664, ARM64}

// names are those that Go and qemu have for an architecture; where Debian puts its libraries on a machine of another one,
// the loader among them, and the packages that do.
var names = map[Arch]struct{ goarch, qemu, sysroot, loader, debian string }{
	X8664: {"amd64", "qemu-x86_64-static", "/usr/x86_64-linux-gnu", "lib/ld-linux-x86-64.so.2", "amd64"},
	ARM64: {"arm64", "qemu-aarch64-static", "/usr/aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1", "arm64"},
}

// ParseArch takes the layer's name for an architecture, or Go's.
func ParseArch(name string) (Arch, error) {
	for _, a := range Arches {
		if name == string(a) || name == names[a].goarch {
			return a, nil
		}
	}
	return "", fmt.Errorf("no architecture %q; there are %v", name, Arches)
}

// Native is the architecture of the machine that builds.
func Native() (Arch, error) { return ParseArch(runtime.GOARCH) }

// GOARCH is Go's name for a.
func (a Arch) GOARCH() string { return names[a].goarch }

// Runner makes the command that runs a program here, with argv0 as what the program sees as its own name.
type Runner func(ctx context.Context, argv0, exe string, args ...string) (*exec.Cmd, error)

// Command runs a's static executable exe here, directly or through qemu-user, with argv0 as what it sees as its own name.
func (a Arch) Command(ctx context.Context, argv0, exe string, args ...string) (*exec.Cmd, error) {
	if a.GOARCH() == runtime.GOARCH {
		cmd := exec.CommandContext(ctx, exe, args...)
		cmd.Args[0] = argv0
		return cmd, nil
	}
	qemu, err := Find(names[a].qemu, "runs "+string(a)+" programs on this "+runtime.GOARCH+" machine")
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, qemu, append([]string{"-0", argv0, exe}, args...)...), nil
}

// DynamicCommand is Command for an executable that asks for glibc and libstdc++.
func (a Arch) DynamicCommand(ctx context.Context, argv0, exe string, args ...string) (*exec.Cmd, error) {
	cmd, err := a.Command(ctx, argv0, exe, args...)
	if err != nil || a.GOARCH() == runtime.GOARCH {
		return cmd, err
	}
	loader := filepath.Join(names[a].sysroot, names[a].loader)
	for _, file := range []string{loader, filepath.Join(names[a].sysroot, "lib/libstdc++.so.6")} {
		if _, err := os.Stat(file); err != nil {
			return nil, &MissingToolError{
				Tool: file, Purpose: "is what glibc programs of " + string(a) + " ask for",
				Getting: "apt-get install " + strings.Join(a.LibraryPackages(), " "),
			}
		}
	}
	cmd.Args = append([]string{cmd.Args[0], "-L", names[a].sysroot}, cmd.Args[1:]...)
	return cmd, nil
}

// LibraryPackages are Debian's packages of what DynamicCommand needs.
func (a Arch) LibraryPackages() []string {
	return []string{"libc6-" + names[a].debian + "-cross", "libstdc++6-" + names[a].debian + "-cross"}
}
