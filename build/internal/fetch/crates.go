package fetch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

// crates has Cargo fetch each crate as the one dependency of a package of nothing, into a registry cache of its own, whose
// files are the crates as published.
func crates(ctx context.Context, run Client, dir string, sources []recipe.Source) error {
	cargo, err := host.Find("cargo", "fetches crates from crates.io")
	if err != nil {
		return err
	}
	env, err := host.Find("env", "sets a program's environment")
	if err != nil {
		return err
	}
	for _, s := range sources {
		pkg := filepath.Join(dir, s.Name)
		manifest := fmt.Sprintf("[package]\nname = \"sources\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[dependencies]\n%s = \"=%s\"\n",
			s.Name, s.Version)
		for name, text := range map[string]string{"Cargo.toml": manifest, "src/lib.rs": ""} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(pkg, name)), 0o755); err != nil {
				return fmt.Errorf("ask for crate %s: %w", s.Name, err)
			}
			if err := os.WriteFile(filepath.Join(pkg, name), []byte(text), 0o644); err != nil {
				return fmt.Errorf("ask for crate %s: %w", s.Name, err)
			}
		}
		home, err := cargoHome(pkg)
		if err != nil {
			return err
		}
		if err := run(ctx, pkg, env, "CARGO_HOME="+home, cargo, "fetch", "--quiet"); err != nil {
			return &PinError{Source: s, Err: err}
		}
		found, err := filepath.Glob(filepath.Join(home, "registry", "cache", "*", s.File))
		if err != nil || len(found) == 0 {
			return fmt.Errorf("cargo did not bring %s", s.File)
		}
		if err := CopyFile(found[0], filepath.Join(dir, s.File)); err != nil {
			return fmt.Errorf("take %s: %w", s.File, err)
		}
	}
	return nil
}

// cargoHome is an empty home for Cargo that has the settings of the person's own, such as a registry's mirror.
func cargoHome(pkg string) (string, error) {
	home := filepath.Join(pkg, "home")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", fmt.Errorf("make a home for cargo: %w", err)
	}
	own := os.Getenv("CARGO_HOME")
	if own == "" {
		own = filepath.Join(os.Getenv("HOME"), ".cargo")
	}
	for _, name := range []string{"config.toml", "config"} {
		err := CopyFile(filepath.Join(own, name), filepath.Join(home, name))
		if err != nil && !os.IsNotExist(err) {
			return "", fmt.Errorf("take cargo's settings: %w", err)
		}
	}
	return home, nil
}
