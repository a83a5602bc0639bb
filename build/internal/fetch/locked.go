package fetch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

// Some things are not one file but a tree that a registry's client resolves: the tests' servers and SDKs. What pins them is
// the client's own lock file, which has a hash for every file, and which it does not go beyond.

// GoTool compiles the program pkg into the folder out. The module file has its versions, the .sum file beside it the
// hashes; root is the folder of the module that it stands in for.
func GoTool(ctx context.Context, run Client, root, modfile, pkg, out string) error {
	tool, err := host.Find("go", "compiles "+pkg)
	if err != nil {
		return err
	}
	return run(ctx, root, tool, "build", "-trimpath", "-modfile="+modfile, "-o", out+string(filepath.Separator), pkg)
}

// PipTree installs what the requirements file names, and nothing else, into the folder out.
func PipTree(ctx context.Context, run Client, requirements, out string) error {
	python, err := host.Find("python3", "installs packages from PyPI with pip")
	if err != nil {
		return err
	}
	return run(ctx, out, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore",
		"--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", out, "--requirement", requirements)
}

// NpmTree installs what the package-lock.json in the folder lock names into out/node_modules.
func NpmTree(ctx context.Context, run Client, lock, out string) error {
	npm, err := host.Find("npm", "installs packages from the npm registry")
	if err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		if err := CopyFile(filepath.Join(lock, name), filepath.Join(out, name)); err != nil {
			return fmt.Errorf("take npm's lock file: %w", err)
		}
	}
	if err := run(ctx, out, npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		if err := os.Remove(filepath.Join(out, name)); err != nil {
			return fmt.Errorf("clear npm's lock file: %w", err)
		}
	}
	return nil
}
