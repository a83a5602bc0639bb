package emulator

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Workplace is a function's file system for programs that work on the function and are no runtime of it: the function at
// /var/task and the layers at /opt, where a mount namespace can be had, read-only.
type Workplace struct {
	cfg    Config
	layout *layout
}

// OpenWorkplace lays the function and the layers of cfg out. Close is to be called when no program runs in it any more.
func OpenWorkplace(ctx context.Context, cfg Config) (*Workplace, error) {
	cfg, err := complete(cfg)
	if err != nil {
		return nil, err
	}
	l, err := newLayout(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &Workplace{cfg, l}, nil
}

// Task is the function's folder, as programs in the workplace see it.
func (w *Workplace) Task() string { return w.layout.taskDir() }

// Opt is the folder of the layers, as programs in the workplace see it.
func (w *Workplace) Opt() string { return w.layout.optDir() }

// Layers is the folder of the merged layers on this machine.
func (w *Workplace) Layers() string { return w.layout.opt }

// Environment is what a function finds set, as far as it is the same wherever it runs, with cfg's own variables. NODE_PATH is as
// the layer's bootstrap sets it.
func (w *Workplace) Environment() []string {
	env := map[string]string{"NODE_PATH": w.Opt() + "/nodejs/node_modules:" + w.Opt() + "/node_modules"}
	for _, kv := range environment(w.cfg, w.layout, time.Time{}) {
		name, value, _ := strings.Cut(kv, "=")
		_, own := w.cfg.Env[name]
		if own || !strings.HasPrefix(name, "AWS_") && name != runVariable {
			env[name] = value
		}
	}
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

// Command returns the command that runs a program of the layers, or one of this machine, whose path is absolute, in the
// function's folder. The folder out is open as its descriptor 3, so that it can write to /proc/self/fd/3.
func (w *Workplace) Command(env []string, out *os.File, program string, args ...string) (*exec.Cmd, error) {
	inside := !filepath.IsAbs(program)
	if inside {
		program = filepath.Join(w.Opt(), program)
	}
	cmd, err := w.layout.command(env, inside, program, args...)
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{out}
	return cmd, nil
}

// Close removes what was laid out.
func (w *Workplace) Close() error { return w.layout.close() }
