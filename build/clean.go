package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

// cleanTarget removes everything that the build wrote outside build/prebuilt.
func cleanTarget(_ context.Context, t *tree, _ host.Arch, _ io.Writer) error {
	for _, dir := range []string{"dist", ".cache"} {
		if err := os.RemoveAll(t.path(dir)); err != nil {
			return fmt.Errorf("remove %s: %w", dir, err)
		}
	}
	return nil
}
