package test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// Where things are; absolute.
var (
	root     string // of the source tree
	dist     string // dist/
	layerDir string // dist/<arch>, the unpacked layer
)

func TestMain(m *testing.M) {
	emulator.Inside()
	if err := errors.Join(locate(), settle()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // for the emulator's sandbox, which is this program
	os.Exit(m.Run())
}

func locate() error {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	root = filepath.Dir(here)
	dist = filepath.Join(root, "dist")
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x86_64"
	}
	layerDir = filepath.Join(dist, arch)
	for _, file := range []string{
		filepath.Join(layerDir, "bootstrap"),
		filepath.Join(layerDir, "lumo"),
		filepath.Join(dist, "lumo-lambda"),
	} {
		if _, err := os.Stat(file); err != nil {
			relative, _ := filepath.Rel(root, file)
			return fmt.Errorf("the end-to-end tests run the files in dist/, and %s is not there: run `make layer` first", relative)
		}
	}
	return nil
}

// unavailable skips the test on a laptop and fails it in CI, where everything must be there.
func unavailable(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
