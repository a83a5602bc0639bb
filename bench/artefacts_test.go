package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// artefacts are the programs that are measured; absolute paths.
type artefacts struct {
	root      string // of the source tree
	bootstrap string
	lumo      string
	command   string // lumo-lambda
	layer     string // the layer's zip
	engine    string // the bare Node.js that lumo is made of
	goEcho    string
	node      string // Node.js as its project builds it, for glibc
	peers     string // the folder of the npm packages
	advanced  string // the folder of the functions as compiled ClojureScript
}

// find finds or makes them, once.
var find = sync.OnceValues(func() (a artefacts, err error) {
	if a.root, err = filepath.Abs(".."); err != nil {
		return a, err
	}
	arch := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	a.bootstrap = filepath.Join(a.root, "dist", arch, "bootstrap")
	a.lumo = filepath.Join(a.root, "dist", arch, "lumo")
	a.command = filepath.Join(a.root, "dist", "lumo-lambda")
	a.layer = filepath.Join(a.root, "dist", "lumo-lambda-"+arch+".zip")
	for _, file := range []string{a.bootstrap, a.lumo, a.command, a.layer} {
		if _, err := os.Stat(file); err != nil {
			return a, fmt.Errorf("%w: run `make layer` first", err)
		}
	}
	bench := filepath.Join(a.root, ".cache", "bench")
	a.node, a.peers, a.advanced = filepath.Join(bench, "node", "node"), filepath.Join(bench, "peers"), filepath.Join(bench, "advanced")
	for _, file := range []string{a.node, a.peers, a.advanced} {
		if _, err := os.Stat(file); err != nil {
			return a, fmt.Errorf("%w: run `go run ./build bench-deps` first", err)
		}
	}
	out, err := a.goCommand("run", "./build", "engine", arch)
	if err != nil {
		return a, err
	}
	a.engine = strings.TrimSpace(string(out))
	a.goEcho = filepath.Join(scratch, "goecho")
	_, err = a.goCommand("build", "-trimpath", "-ldflags=-s -w", "-tags=lambda.norpc", "-o", a.goEcho, "./bench/goecho")
	return a, err
})

// goCommand runs the go command in the source tree and returns what it prints.
func (a artefacts) goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = a.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, exit.Stderr)
	}
	return out, err
}

func needArtefacts(b *testing.B) artefacts {
	b.Helper()
	a, err := find()
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// scratch is a folder for what is built and written here; it goes when all is over.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lumo-bench")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	status := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}
