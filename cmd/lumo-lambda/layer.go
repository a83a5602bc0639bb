package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/emulator"
	"github.com/lumo-lambda/lumo-lambda/layer"
)

// runLayer is `layer build` and `layer publish`.
func runLayer(ctx context.Context, s streams, args []string) error {
	l := &layerCommand{}
	f := newFlags("layer")
	f.StringVar(&l.out, "o", "", "build: the `FILE` to write (default lumo-lambda-ARCH.zip)")
	f.StringVar(&l.name, "name", layerName, "publish: the layer's `NAME`")
	f.StringVar(&l.architecture, "arch", architectureHere(), "the `ARCH`itecture: x86_64 or arm64")
	l.lumoLayer = lumoLayerFlag(f)
	l.dryRunFlag(f)
	l.flags(f)
	rest, err := parse(f, args, s.out)
	if err != nil {
		return err
	}
	if l.architecture != "x86_64" && l.architecture != "arm64" {
		return usagef("the architecture is x86_64 or arm64, not %q", l.architecture)
	}
	if len(rest) == 0 {
		return usagef("layer takes what to do: `layer build` writes a zip, `layer publish` brings it to AWS")
	}
	switch verb := rest[0]; verb {
	case "build":
		return l.build(ctx, s, rest[1:])
	case "publish":
		return l.publish(ctx, s, rest[1:])
	default:
		return usagef("layer knows build and publish, not %q", verb)
	}
}

type layerCommand struct {
	accountFlags
	out, name, architecture string
	lumoLayer               *string
}

func architectureHere() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64" // Lambda's name
}

// build writes lumo's layer, with what is in the folders in it, as one zip.
func (l *layerCommand) build(ctx context.Context, s streams, folders []string) error {
	if l.out == "" {
		l.out = "lumo-lambda-" + l.architecture + ".zip"
	}
	zip, err := l.zip(ctx, folders)
	if err != nil {
		return err
	}
	if err := os.WriteFile(l.out, zip, 0o644); err != nil {
		return usagef("the layer cannot be written: %v", err)
	}
	if *l.asJSON {
		return printJSON(s.out, map[string]any{"file": l.out, "bytes": len(zip)})
	}
	_, err = fmt.Fprintln(s.out, l.out)
	return err
}

// zip is lumo's layer as it is, or joined with the folders; of a file that is in two, the later one's is taken, as of layers.
func (l *layerCommand) zip(ctx context.Context, folders []string) ([]byte, error) {
	own, err := readLayerZip(*l.lumoLayer, l.architecture)
	if err != nil || len(folders) == 0 {
		return own, err
	}
	work, err := os.MkdirTemp("", "lumo-lambda-layer-")
	if err != nil {
		return nil, fmt.Errorf("make a working folder: %w", err)
	}
	defer os.RemoveAll(work)
	packed := filepath.Join(work, "own.zip")
	if err := os.WriteFile(packed, own, 0o600); err != nil {
		return nil, fmt.Errorf("unpack the layer: %w", err)
	}
	root, err := emulator.Folder(ctx, packed)
	if err != nil {
		return nil, fmt.Errorf("unpack the layer: %w", err)
	}
	byName := map[string]layer.File{}
	for _, folder := range append([]string{root}, folders...) {
		files, err := filesIn(folder, func(name string) bool { return !strings.HasPrefix(filepath.Base(name), ".git") })
		if err != nil {
			return nil, usagef("%v", err)
		}
		for _, file := range files {
			byName[file.Name] = file
		}
	}
	all := make([]layer.File, 0, len(byName))
	for _, file := range byName {
		all = append(all, file)
	}
	var zip bytes.Buffer
	if err := layer.Write(&zip, all); err != nil {
		return nil, err
	}
	return zip.Bytes(), nil
}

// publish publishes a zip or a folder; without one, lumo's layer.
func (l *layerCommand) publish(ctx context.Context, s streams, paths []string) error {
	var zip []byte
	var err error
	switch len(paths) {
	case 0:
		zip, err = readLayerZip(*l.lumoLayer, l.architecture)
	case 1:
		zip, err = zipOf(paths[0])
	default:
		return usagef("layer publish takes one zip or folder; `layer build` joins several")
	}
	if err != nil {
		return err
	}
	account, requests, err := l.open(ctx, s)
	if err != nil {
		return err
	}
	published, err := account.PublishLayer(ctx, lumoLayerOf(zip, l.name, l.architecture))
	if err != nil {
		return awsFailure(err)
	}
	return requests.answer(published, published.ARN)
}
