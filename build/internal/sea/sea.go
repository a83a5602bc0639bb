// Package sea makes a single-executable application of the engine and the bundle: one file that holds Node, a V8
// start-up snapshot in which the bundle has already run, and the bundle's assets.
//
// # Input and output
//
// A bundle is a folder: main.js is the one script that the snapshot is made of, and every file under assets/ becomes an
// asset under its path there, for `sea.getAsset` to read. The engine makes the snapshot itself, so one of another
// architecture runs through qemu-user.
//
// # Reproducibility
//
// The same engine and bundle give the same bytes. No path of the machine is in the blob, argv[0] is always "node", V8 has
// a fixed random seed and one thread while the snapshot is made, and what Node keeps of the builder in its heap is wiped
// first: its own process number (a start has its own again), and the numbers of the last stat. V8 promises nothing about
// the order in which it serialises its heap, so a bundle may undo this; TestSameBundleGivesSameLumo would notice.
package sea

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

// config is Node's own format: the file that --experimental-sea-config reads.
type config struct {
	Main           string            `json:"main"`
	Output         string            `json:"output"`
	UseSnapshot    bool              `json:"useSnapshot"`
	DisableWarning bool              `json:"disableExperimentalSEAWarning"`
	Assets         map[string]string `json:"assets,omitempty"`
}

// Build makes the executable file out from the engine, which run runs here, and the folder bundle, in the new folder work.
// What the engine prints goes to log.
func Build(ctx context.Context, run host.Runner, engine, bundle, work, out string, log io.Writer) error {
	if err := os.CopyFS(work, os.DirFS(bundle)); err != nil {
		return fmt.Errorf("copy the bundle: %w", err)
	}
	assets, err := listAssets(work)
	if err != nil {
		return err
	}
	if err := writeEntry(work, "main.js"); err != nil {
		return err
	}
	text, err := json.MarshalIndent(config{
		Main: workPath + entry, Output: "lumo.blob", UseSnapshot: true, DisableWarning: true, Assets: assets,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode sea-config.json: %w", err)
	}
	if err := os.WriteFile(filepath.Join(work, "sea-config.json"), text, 0o644); err != nil {
		return fmt.Errorf("write sea-config.json: %w", err)
	}
	if err := runEngine(ctx, run, engine, work, log, "--experimental-sea-config", "sea-config.json"); err != nil {
		return fmt.Errorf("make the start-up snapshot with the engine: %w", err)
	}
	return join(engine, filepath.Join(work, "lumo.blob"), out)
}

const (
	entry = "entry.js"
	// workPath is the working folder under a name that is the same everywhere: Node makes the script's path absolute and
	// keeps it in the snapshot.
	workPath = "/proc/self/cwd/"
	// prelude goes before main.js, on its first line, so that no line number changes. The buffer that stat fills has
	// no public name; process.binding is the deprecated way that still leads there.
	prelude = "Object.defineProperty(process,'pid',{value:0,writable:false,enumerable:true,configurable:true});" +
		"require('v8').startupSnapshot.addSerializeCallback(()=>process.binding('fs').statValues.fill(0));"
)

// writeEntry writes the script that the snapshot is made of: the bundle's script after the prelude.
func writeEntry(work, script string) error {
	text, err := os.ReadFile(filepath.Join(work, script))
	if err != nil {
		return fmt.Errorf("read the bundle's script: %w", err)
	}
	if err := os.WriteFile(filepath.Join(work, entry), append([]byte(prelude), text...), 0o644); err != nil {
		return fmt.Errorf("write the snapshot's script: %w", err)
	}
	return nil
}

// runEngine has the engine run a script and write what came of it.
func runEngine(ctx context.Context, run host.Runner, engine, work string, log io.Writer, args ...string) error {
	cmd, err := run(ctx, "node", engine, append([]string{
		"--random-seed=1", // the seed of V8's hashes while building; a start has its own
		"--predictable",   // one thread: what the concurrent compiler has done by the end is a matter of luck
		"--no-warnings",   // a warning's text, with this process's number in it, would be kept in the snapshot
	}, args...)...)
	if err != nil {
		return err
	}
	cmd.Dir = work
	// Nothing of the builder's environment may reach the snapshot.
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=/usr/bin:/bin"}
	cmd.Stdout, cmd.Stderr = log, log
	return cmd.Run()
}

func join(engine, blob, out string) error {
	node, err := os.ReadFile(engine)
	if err != nil {
		return fmt.Errorf("read the engine: %w", err)
	}
	data, err := os.ReadFile(blob)
	if err != nil {
		return fmt.Errorf("read the application: %w", err)
	}
	app, err := inject(node, data)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, app, 0o755); err != nil {
		return fmt.Errorf("write the executable: %w", err)
	}
	return nil
}

func listAssets(work string) (map[string]string, error) {
	assets := map[string]string{}
	root := filepath.Join(work, "assets")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		key, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		assets[filepath.ToSlash(key)] = filepath.ToSlash(filepath.Join("assets", key))
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("list the bundle's assets: %w", err)
	}
	return assets, nil
}
