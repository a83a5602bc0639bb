package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// lumoLayerFlag adds --lumo-layer to a command's flags.
func lumoLayerFlag(f *flag.FlagSet) *string {
	return f.String("lumo-layer", "", "the layer that holds bootstrap and lumo, a folder or a zip `PATH` (default $LUMO_LAYER, else the one beside this program)")
}

// findLumoLayer returns the layer that holds bootstrap and lumo: the one that the flag
// names, or the environment, or else the one beside this program.
func findLumoLayer(flag string) (string, error) {
	for _, choice := range []struct{ who, path string }{{"--lumo-layer", flag}, {"LUMO_LAYER", os.Getenv("LUMO_LAYER")}} {
		if choice.path == "" {
			continue
		}
		if _, err := os.Stat(choice.path); err != nil {
			return "", usagef("%s names a layer that is not there: %s", choice.who, choice.path)
		}
		return choice.path, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	beside := layersBeside(filepath.Dir(self))
	for _, path := range beside {
		if _, err := os.Stat(path); err == nil {
			return filepath.Clean(path), nil
		}
	}
	return "", fmt.Errorf("no layer with bootstrap and lumo, looked for %s; in the source tree `make layer` makes it, otherwise name it with --lumo-layer or LUMO_LAYER",
		strings.Join(beside, " and "))
}

func layersBeside(folder string) []string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x86_64" // Lambda's name
	}
	return []string{
		filepath.Join(folder, arch) + string(filepath.Separator),
		filepath.Join(folder, "lumo-lambda-"+arch+".zip"),
	}
}
