package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// lumoOf returns the interpreter of a layer, which is unpacked where it is a zip.
func lumoOf(ctx context.Context, flag string) (string, error) {
	layer, err := findLumoLayer(flag)
	if err != nil {
		return "", err
	}
	folder, err := emulator.Folder(ctx, layer)
	if err != nil {
		return "", fmt.Errorf("open the layer: %w", err)
	}
	path, err := exec.LookPath(filepath.Join(folder, "lumo"))
	if err != nil {
		return "", fmt.Errorf("the layer %s has no lumo that runs: %w", layer, errors.Unwrap(err))
	}
	return path, nil
}

// classPath is that of a function: what lumo.impl.lambda.handler/class-path has, with more folders before.
func classPath(ctx context.Context, folder string, layers []string, first ...string) ([]string, error) {
	var paths []string
	for _, name := range first {
		paths = append(paths, filepath.Join(folder, name))
	}
	paths = append(paths, folder, filepath.Join(folder, "src"))
	roots := []string{folder}
	for _, layer := range layers {
		root, err := emulator.Folder(ctx, layer)
		if err != nil {
			return nil, usagef("the layer %s cannot be opened: %v", layer, err)
		}
		paths = append(paths, root)
		roots = append(roots, root)
	}
	for _, root := range roots {
		jars, err := filepath.Glob(filepath.Join(root, "lib", "*.jar"))
		if err != nil {
			return nil, fmt.Errorf("look for JARs: %w", err)
		}
		slices.Sort(jars)
		paths = append(paths, jars...)
	}
	return paths, nil
}
