package emulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Where Lambda puts things.
const (
	taskRoot   = "/var/task"
	optRoot    = "/opt"
	runtimeDir = "/var/runtime"
)

// layout is the function's file system: the two folders on this machine, and
// whether the function's processes see them in Lambda's places.
type layout struct {
	task string // the function's folder, here
	opt  string // the merged layers, here
	work string // a folder of our own, removed by close
	run  string // the mark of the processes that run in it
	// real: processes run in a mount namespace, where task is /var/task and opt is /opt.
	real bool
	user bool // the namespace needs a user namespace around it
}

// newLayout unpacks and merges what cfg names, and tries the namespace out.
func newLayout(ctx context.Context, cfg Config) (_ *layout, err error) {
	work, err := os.MkdirTemp("", "lumo-lambda-")
	if err != nil {
		return nil, fmt.Errorf("make a working folder: %w", err)
	}
	l := &layout{work: work, run: randomHex(16)}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	if l.task, err = folderOf(ctx, cfg.Function); err != nil {
		return nil, fmt.Errorf("lay out the function: %w", err)
	}
	folders := make([]string, 0, len(cfg.Layers))
	for _, layer := range cfg.Layers {
		folder, err := folderOf(ctx, layer)
		if err != nil {
			return nil, fmt.Errorf("lay out a layer: %w", err)
		}
		folders = append(folders, folder)
	}
	if l.opt, err = mergeLayers(ctx, folders, filepath.Join(work, "opt")); err != nil {
		return nil, fmt.Errorf("merge the layers: %w", err)
	}
	if cfg.InPlace {
		return l, nil
	}
	if err := l.probeSandbox(ctx); err != nil {
		cfg.Notice(fmt.Sprintf("the function runs in place, not under %s and %s: %v", taskRoot, optRoot, err))
	} else {
		l.real = true
	}
	return l, nil
}

// taskDir and optDir are the folders as the function sees them.
func (l *layout) taskDir() string { return l.seen(l.task, taskRoot) }
func (l *layout) optDir() string  { return l.seen(l.opt, optRoot) }

func (l *layout) seen(here, inside string) string {
	if l.real {
		return inside
	}
	return here
}

// bootstrap returns the path of the function's entry point as the function sees it:
// the function's own or else the layers', which is Lambda's order.
func (l *layout) bootstrap() (string, error) {
	for _, dir := range []struct{ here, seen string }{{l.task, l.taskDir()}, {l.opt, l.optDir()}} {
		info, err := os.Stat(filepath.Join(dir.here, "bootstrap"))
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue
		case err != nil:
			return "", fmt.Errorf("find bootstrap: %w", err)
		case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
			return "", fmt.Errorf("find bootstrap: %s is not an executable file", filepath.Join(dir.here, "bootstrap"))
		}
		return filepath.Join(dir.seen, "bootstrap"), nil
	}
	return "", fmt.Errorf("find bootstrap: it is neither in the function's folder (%s) nor in a layer (%s)", l.task, l.opt)
}

func (l *layout) close() error {
	if err := os.RemoveAll(l.work); err != nil {
		return fmt.Errorf("remove the working folder: %w", err)
	}
	return nil
}
