package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

// targetNames are what the tools of a target recipe have for an architecture, as ${cpu} and so on.
var targetNames = map[host.Arch]map[string]string{
	host.X8664: {"cpu": "x86_64", "nodecpu": "x64", "openssl-target": "linux-x86_64"},
	host.ARM64: {"cpu": "aarch64", "nodecpu": "arm64", "openssl-target": "linux-aarch64"},
}

// compilerEnv is the environment of the compiler's wrappers in build/recipes/zig/bin for an architecture. It adds the
// variables of that architecture to vars.
func (t *tree) compilerEnv(arch host.Arch, vars map[string]string) []string {
	vars["arch"] = string(arch)
	vars["jobs"] = strconv.Itoa(runtime.NumCPU())
	for name, value := range targetNames[arch] {
		vars[name] = value
	}
	// What runs a program that was compiled for arch, and how Node's configure is told of it: nothing on such a machine.
	vars["emulator"], vars["emulator-option"] = arch.Emulator(), ""
	if vars["emulator"] != "" {
		vars["emulator-option"] = "--emulator=" + vars["emulator"]
	}
	cache := filepath.Join(t.root, ".cache", "zig")
	return []string{
		"PATH=" + t.path("build", "recipes", "zig", "bin") + ":" + os.Getenv("PATH"),
		"LUMO_ZIG=" + filepath.Join(vars["zig"], "ziglang", "zig"),
		"LUMO_TARGET=" + targetNames[arch]["cpu"] + "-linux-musl",
		"LUMO_ROOT=" + t.root,
		"ZIG_GLOBAL_CACHE_DIR=" + cache,
		"ZIG_LOCAL_CACHE_DIR=" + cache,
		// Names without a folder: some programs keep the name of their compiler.
		"CC=lumo-cc", "CXX=lumo-c++", "AR=lumo-ar", "RANLIB=lumo-ranlib", "LD=lumo-c++", "LINK=lumo-c++",
		"PKG_CONFIG=lumo-pkg-config",
		// What writes a date writes this one: 2026-01-01.
		"SOURCE_DATE_EPOCH=1767225600",
	}
}

func recipeTarget(ctx context.Context, t *tree, arch host.Arch, stdout io.Writer) error {
	if t.only == "" {
		return errors.New("usage: go run ./build recipe NAME [ARCH]")
	}
	s, err := t.recipeStepFor(t.only, arch)
	if err != nil {
		return err
	}
	dir, err := t.steps.Make(ctx, s)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, dir)
	return nil
}
