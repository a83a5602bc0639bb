package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// cacheFolder is the compile cache that lumo looks for in a function and in a layer.
const cacheFolder = ".lumo_cache"

// loadTimeout is how long one namespace may take to compile and load.
const loadTimeout = 2 * time.Minute

// precompile has lumo load every namespace of the JARs, each in a process of its own, and keep what it compiled. One that cannot
// be loaded alone, as one that is for the JVM, is left out.
func (d *dependencies) precompile(ctx context.Context, s streams, lib string, jars []string, cache string) error {
	lumo, err := lumoOf(ctx, d.lumoLayer)
	if err != nil {
		return fmt.Errorf("compile ahead of time: %w (or leave it out with --compile=false)", err)
	}
	empty, err := os.MkdirTemp("", "lumo-lambda-deps-") // the working folder is on the class path
	if err != nil {
		return err
	}
	defer os.RemoveAll(empty)
	var classPath, namespaces []string
	for _, jar := range jars {
		file, err := filepath.Abs(filepath.Join(lib, jar))
		if err != nil {
			return err
		}
		inJar, err := namespacesIn(file)
		if err != nil {
			return err
		}
		classPath = append(classPath, file)
		namespaces = append(namespaces, inJar...)
	}
	if cache, err = filepath.Abs(cache); err != nil {
		return err
	}
	compiled := 0
	for _, ns := range namespaces {
		said, err := loadOnce(ctx, lumo, empty, strings.Join(classPath, ":"), cache, ns)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			compiled++
		} else if d.verbose {
			fmt.Fprintf(s.err, "%s is left out: %v: %s\n", ns, err, firstLine(said))
		}
	}
	fmt.Fprintf(s.err, "%d of %d namespaces compiled into %s\n", compiled, len(namespaces), cache)
	return nil
}

func loadOnce(ctx context.Context, lumo, folder, classPath, cache, ns string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, lumo, "-c", classPath, "-k", cache, "-e", "(require '"+ns+")", "-e", "(lumo.core/exit 0)")
	cmd.Dir = folder
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	return said.String(), err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// namespacesIn are those that a JAR has sources of.
func namespacesIn(jar string) ([]string, error) {
	z, err := zip.OpenReader(jar)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", jar, err)
	}
	defer z.Close()
	var found []string
	for _, f := range z.File {
		extension := path.Ext(f.Name)
		if extension != ".cljs" && extension != ".cljc" || strings.HasPrefix(f.Name, "META-INF/") {
			continue
		}
		switch strings.TrimSuffix(f.Name, extension) {
		case "data_readers", "deps": // no namespaces
			continue
		}
		found = append(found, namespaceOf("src/"+f.Name))
	}
	return found, nil
}
