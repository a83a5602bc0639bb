package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/deploy"
	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// deployTimeout is a deployed function's time-out where its settings have none, in seconds: the emulators' default.
const deployTimeout = 30

// layerName is the layer's name in an account.
const layerName = "lumo-lambda"

// deployment is what the command line of deploy says.
type deployment struct {
	accountFlags
	folder    string
	name      string
	layerARNs []string
	lumoLayer *string
}

func runDeploy(ctx context.Context, s streams, args []string) error {
	d := &deployment{}
	f := newFlags("deploy")
	f.StringVar(&d.name, "name", "", "the function's `NAME` (default: what "+settingsFile+" says, else the folder's)")
	f.Func("layer-arn", "a published layer's `ARN`; may be given again. The first stands for lumo's own, which otherwise is published", func(v string) error {
		d.layerARNs = append(d.layerARNs, v)
		return nil
	})
	d.lumoLayer = lumoLayerFlag(f)
	d.dryRunFlag(f)
	d.flags(f)
	var err error
	if d.folder, err = parseFolder(f, args, s.out); err != nil {
		return err
	}
	function, err := d.function()
	if err != nil {
		return err
	}
	account, requests, err := d.open(ctx, s)
	if err != nil {
		return err
	}
	if function.Layers, err = d.layers(ctx, account, function.Architecture); err != nil {
		return awsFailure(err)
	}
	deployed, err := account.Deploy(ctx, function)
	if err != nil {
		return awsFailure(err)
	}
	return requests.answer(deployed, strings.TrimSpace(deployed.ARN+"\n"+deployed.URL))
}

// function is the function as its folder and the command line say.
func (d *deployment) function() (deploy.Function, error) {
	var none deploy.Function
	f, err := openFunction(d.folder)
	if err != nil {
		return none, err
	}
	defer f.close()
	set, err := f.settings()
	if err != nil {
		return none, err
	}
	if set.Handler == "" {
		if set.Handler, err = f.onlyHandler(); err != nil {
			return none, err
		}
	}
	absolute, err := filepath.Abs(d.folder)
	if err != nil {
		return none, fmt.Errorf("find the function: %w", err)
	}
	if len(set.Layers) > 0 && len(d.layerARNs) == 0 {
		return none, usagef("%s names layers of this machine (%s); publish them with `lumo-lambda layer publish`, and give their ARNs with --layer-arn, lumo's own first",
			settingsFile, strings.Join(set.Layers, ", "))
	}
	zip, err := zipOf(d.folder)
	if err != nil {
		return none, err
	}
	url := set.URL
	if url == "none" {
		url = ""
	}
	return deploy.Function{
		Name:         cmp.Or(d.name, set.Name, strings.TrimSuffix(filepath.Base(absolute), ".zip")),
		Handler:      set.Handler,
		Architecture: cmp.Or(set.Architecture, "x86_64"),
		Memory:       cmp.Or(set.Memory, emulator.DefaultMemory),
		Timeout:      cmp.Or(set.Timeout, deployTimeout),
		Environment:  set.Environment,
		Role:         set.Role,
		Tracing:      set.Tracing,
		URL:          url,
		Streaming:    set.Streaming,
		Zip:          zip,
	}, nil
}

// layers are the ARNs of the function's layers; lumo's own is published, where none is named.
func (d *deployment) layers(ctx context.Context, account *deploy.Account, architecture string) ([]string, error) {
	if len(d.layerARNs) > 0 {
		return d.layerARNs, nil
	}
	zip, err := readLayerZip(*d.lumoLayer, architecture)
	if err != nil {
		return nil, err
	}
	published, err := account.PublishLayer(ctx, lumoLayerOf(zip, layerName, architecture))
	if err != nil {
		return nil, err
	}
	return []string{published.ARN}, nil
}

func lumoLayerOf(zip []byte, name, architecture string) deploy.Layer {
	return deploy.Layer{Name: name, Description: "Lumo on Lambda " + version + ": ClojureScript functions", License: "Apache-2.0",
		Architecture: architecture, Zip: zip}
}

// readLayerZip reads the zip of lumo's layer for the architecture: the one named, or that beside this program.
func readLayerZip(flag, architecture string) ([]byte, error) {
	path := cmp.Or(flag, os.Getenv("LUMO_LAYER"))
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		if self, err = filepath.EvalSymlinks(self); err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		path = filepath.Join(filepath.Dir(self), "lumo-lambda-"+architecture+".zip")
		if !exists(path) {
			return nil, fmt.Errorf("there is no %s; in the source tree `make layer ARCH=%s` makes it, otherwise name it with --lumo-layer, or a published one with --layer-arn", path, architecture)
		}
	}
	zip, err := zipOf(path)
	if err != nil {
		return nil, usagef("the layer %s cannot be read: %v", path, err)
	}
	return zip, nil
}
