// Package host knows the machine that builds: which architectures there are, how a program of each is run here, and how
// to tell a person which tool is missing.
package host

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
)

// Arch is an architecture under the name that Lambda's layers have for it: "x86_64" or "arm64".
type Arch string

const (
	X8664 Arch = "x86_64"
	ARM64 Arch = "arm64"
)

// Arches are all there are.
var Arches = []Arch{X8664, ARM64}

// names are those that Go and qemu have for an architecture.
var names = map[Arch]struct{ goarch, qemu string }{
	X8664: {"amd64", "qemu-x86_64-static"},
	ARM64: {"arm64", "qemu-aarch64-static"},
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

// Emulator is the program of qemu-user that runs a's static executables here; empty where the machine does so itself.
func (a Arch) Emulator() string {
	if a.GOARCH() == runtime.GOARCH {
		return ""
	}
	return names[a].qemu
}

// Command runs a's static executable exe here, directly or through qemu-user, with argv0 as what it sees as its own name.
func (a Arch) Command(ctx context.Context, argv0, exe string, args ...string) (*exec.Cmd, error) {
	emulator := a.Emulator()
	if emulator == "" {
		cmd := exec.CommandContext(ctx, exe, args...)
		cmd.Args[0] = argv0
		return cmd, nil
	}
	qemu, err := Find(emulator, "runs "+string(a)+" programs on this "+runtime.GOARCH+" machine")
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, qemu, append([]string{"-0", argv0, exe}, args...)...), nil
}
