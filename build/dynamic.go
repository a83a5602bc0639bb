package main

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/elfnote"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

// dynamicRecipe brings the engine for glibc; its output is engineExe.
const dynamicRecipe = "node-dynamic"

// dynamicEngine is the path of an architecture's engine for glibc.
func (t *tree) dynamicEngine(ctx context.Context, arch host.Arch) (string, error) {
	s, err := t.flavouredEngineStep(arch, dynamic)
	if err != nil {
		return "", err
	}
	dir, err := t.steps.Make(ctx, s)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, engineExe), nil
}

// platformVersions are what provided.al2023 has of the libraries that the dynamic engine asks for: glibc 2.34, and the
// libstdc++ of GCC 11 (its names for them, such as GLIBC_2.34, stand in an executable that asks for them).
var platformVersions = map[string]string{"GLIBC": "2.34", "GLIBCXX": "3.4.29", "CXXABI": "1.3.13", "GCC": "11.0.0"}

// prepareDynamicEngine writes a stripped copy of an engine, if it starts on Lambda.
func prepareDynamicEngine(engine, out string) error {
	if err := checkPlatformVersions(engine); err != nil {
		return err
	}
	exe, err := os.ReadFile(engine)
	if err != nil {
		return fmt.Errorf("read the engine: %w", err)
	}
	if exe, err = elfnote.Strip(exe); err != nil {
		return fmt.Errorf("strip the engine: %w", err)
	}
	if err := os.WriteFile(out, exe, 0o755); err != nil {
		return fmt.Errorf("write the stripped engine: %w", err)
	}
	return nil
}

// checkPlatformVersions refuses an executable that asks for a newer library than Lambda's system has.
func checkPlatformVersions(exe string) error {
	f, err := elf.Open(exe)
	if err != nil {
		return fmt.Errorf("look at the engine: %w", err)
	}
	defer f.Close()
	needs, err := f.DynamicVersionNeeds()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return fmt.Errorf("read what the engine needs: %w", err)
	}
	if len(needs) == 0 {
		return fmt.Errorf("%s asks for no library: it is not the dynamic engine", filepath.Base(exe))
	}
	for _, need := range needs {
		for _, v := range need.Needs {
			family, version, _ := strings.Cut(v.Dep, "_")
			has, known := platformVersions[family]
			if !known {
				return fmt.Errorf("the engine asks for %s of %s, which nothing is known of", v.Dep, need.Name)
			}
			if compareVersions(version, has) > 0 {
				return fmt.Errorf("the engine asks for %s of %s, but provided.al2023 has %s_%s", v.Dep, need.Name, family, has)
			}
		}
	}
	return nil
}

// compareVersions compares numbers with dots between them.
func compareVersions(a, b string) int {
	numbers := func(text string) (list []int) {
		for word := range strings.SplitSeq(text, ".") {
			n, err := strconv.Atoi(word)
			if err != nil {
				n = 1 << 30 // GLIBC_PRIVATE and the like: never what a stable platform promises
			}
			list = append(list, n)
		}
		return list
	}
	return slices.Compare(numbers(a), numbers(b))
}
