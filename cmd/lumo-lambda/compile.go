package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lumo-lambda/lumo-lambda/emulator"
	"github.com/lumo-lambda/lumo-lambda/packaged"
)

// about is what lumo says of a function that it has compiled (lumo.impl.package).
type about struct {
	Refused string            `json:"refused"` // why it needs the compiler
	Files   []packaged.Source `json:"files"`   // by name
	Absent  []string          `json:"absent"`
	Goog    []string          `json:"goog"` // names of the Closure library that it refers to
}

const (
	outFolder  = "/proc/self/fd/3" // where the programs of the workplace write
	preloadVar = "LUMO_PRELOAD"
	// snapshotPatience is how long the application may take to be loaded and written as a snapshot.
	snapshotPatience = 2 * time.Minute
)

// compiler compiles one function.
type compiler struct {
	function string // its folder
	place    *emulator.Workplace
	out      *os.File // the work folder
	log      io.Writer
	notice   func(string)
}

// compile makes a function's package. Where that is not possible the notice says why, and nothing is made.
func compile(ctx context.Context, cfg emulator.Config, snapshot bool, log io.Writer, notice func(string)) (made *compiled, err error) {
	work, err := os.MkdirTemp("", "lumo-package-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	made = &compiled{work: work}
	defer func() {
		if err != nil {
			err = errors.Join(err, made.remove())
		}
	}()
	if err := os.Mkdir(filepath.Join(work, packaged.Folder), 0o755); err != nil {
		return nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	place, err := emulator.OpenWorkplace(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	out, err := os.Open(work)
	if err != nil {
		return nil, fmt.Errorf("open the folder to work in: %w", err)
	}
	defer out.Close()
	c := &compiler{cfg.Function, place, out, log, notice}
	return made, c.make(ctx, cfg.Handler, snapshot, made)
}

func (c *compiler) make(ctx context.Context, handler string, snapshot bool, made *compiled) error {
	id, err := packaged.ID(c.place.Layers())
	if err != nil {
		return fmt.Errorf("the layer's lumo cannot start packaged functions; one with %s beside it can: %w", packaged.RuntimeSnapshot, err)
	}
	if err := c.run(ctx, nil, "lumo", "--package", handler, outFolder); err != nil {
		return fmt.Errorf("compile the function: %w", err)
	}
	var got about
	if err := packaged.ReadJSON(filepath.Join(c.out.Name(), "about.json"), &got); err != nil {
		return fmt.Errorf("read what was compiled: %w", err)
	}
	if got.Refused != "" {
		c.notice(fmt.Sprintf("the function is not packaged and starts from source: %s", got.Refused))
		return nil
	}
	var missing bytes.Buffer
	args := append([]string{"--code-cache", outFolder + "/" + packaged.Folder + "/app.cache"}, got.Goog...)
	err = c.runTo(ctx, &missing, []string{packaged.SnapshotVar + "=" + filepath.Join(c.place.Opt(), packaged.RuntimeSnapshot)}, "lumo", args...)
	if err != nil {
		return fmt.Errorf("load the compiled function: %w", err)
	}
	if names := strings.Fields(missing.String()); len(names) > 0 {
		c.notice("the function is not packaged and starts from source: of the Closure library the runtime has no " + strings.Join(names, ", "))
		return nil
	}
	p := packaged.Package{Lumo: id, Handler: handler, Absent: got.Absent}
	for _, f := range got.Files {
		if f.Sum, err = packaged.Sum(c.here(f.Name)); err != nil {
			return fmt.Errorf("identify what was compiled: %w", err)
		}
		p.Files = append(p.Files, f)
	}
	made.take("app.js", "app.cache", "places.json")
	if snapshot {
		env, err := c.snapshot(ctx)
		var refused *refusedError
		switch {
		case errors.As(err, &refused):
			c.notice("there is no snapshot of the function, which is packaged and starts without one: " + refused.reason)
		case err != nil:
			return err
		default:
			p.Env = env
			made.take(packaged.Snapshot)
		}
	}
	if err := writeJSON(filepath.Join(c.out.Name(), packaged.Folder, packaged.File), p); err != nil {
		return fmt.Errorf("write the package: %w", err)
	}
	made.take(packaged.File)
	return nil
}

// here is where a file of the function or of the layers, as about.json names it, is on this machine.
func (c *compiler) here(name string) string {
	if !filepath.IsAbs(name) {
		return filepath.Join(c.function, name)
	}
	if below, ok := strings.CutPrefix(name, c.place.Opt()+"/"); ok {
		return filepath.Join(c.place.Layers(), below)
	}
	return name
}

// refusedError says why a function cannot be in a snapshot.
type refusedError struct{ reason string }

func (e *refusedError) Error() string { return e.reason }

// snapshot loads the function and writes it as a snapshot. It returns what the function read of the environment meanwhile.
func (c *compiler) snapshot(ctx context.Context) (map[string]*string, error) {
	engine := filepath.Join(c.out.Name(), "engine")
	if err := writeEngine(filepath.Join(c.place.Layers(), "lumo"), engine); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	err := c.run(ctx, []string{preloadVar + "=" + outFolder}, engine,
		"--no-warnings", "--snapshot-blob", outFolder+"/"+packaged.Folder+"/app.snapshot", "--build-snapshot", outFolder+"/packaged.js")
	var said struct {
		Refused string             `json:"refused"`
		Env     map[string]*string `json:"env"`
	}
	if jsonErr := packaged.ReadJSON(filepath.Join(c.out.Name(), "preload.json"), &said); jsonErr != nil && !errors.Is(jsonErr, fs.ErrNotExist) {
		return nil, fmt.Errorf("read what became of the snapshot: %w", jsonErr)
	}
	switch {
	case said.Refused != "":
		return nil, &refusedError{said.Refused}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, &refusedError{fmt.Sprintf("after %v it was not loaded; does it wait for something?", snapshotPatience)}
	case err != nil:
		return nil, &refusedError{fmt.Sprintf("V8 cannot write what it loads: %v", err)}
	case said.Env == nil:
		return nil, errors.New("bug: a snapshot was made, and nobody says what of")
	}
	return said.Env, nil
}

// fuse is the text in the engine that tells whether it is an application: Node's, with 1 or 0 behind it.
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:"

// writeEngine writes the engine that a lumo is made of, which makes snapshots: the same file, told that it is no application.
func writeEngine(lumo, to string) error {
	exe, err := os.ReadFile(lumo)
	if err != nil {
		return fmt.Errorf("read lumo: %w", err)
	}
	at := bytes.Index(exe, []byte(fuse+"1"))
	if at < 0 {
		return errors.New("the layer's lumo is no application of Node's")
	}
	exe[at+len(fuse)] = '0'
	if err := os.WriteFile(to, exe, 0o755); err != nil {
		return fmt.Errorf("write the engine: %w", err)
	}
	return nil
}

func (c *compiler) run(ctx context.Context, env []string, program string, args ...string) error {
	return c.runTo(ctx, c.log, env, program, args...)
}

// runTo runs a program in the workplace; its stdout goes to out.
func (c *compiler) runTo(ctx context.Context, out io.Writer, env []string, program string, args ...string) error {
	cmd, err := c.place.Command(append(c.place.Environment(), env...), c.out, program, args...)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = out, c.log
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() }) // it may have ended by itself
	defer stop()
	if err := cmd.Wait(); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	return nil
}
