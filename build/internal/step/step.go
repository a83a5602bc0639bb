// Package step runs a build as steps that are each made once: a step's output is a folder named by the digest of all its
// inputs, and a folder that is there is never made again.
//
// # Layout
//
//	CACHE/<step>/<key>/       the output; its presence means that it is whole
//	CACHE/<step>/<key>.log    what the step's programs printed
//	CACHE/<step>/<key>.work/  scratch; kept when a step fails, so that the next try can go on from there
//	CACHE/<step>/<key>.tmp/   the output in the making
//	CACHE/<step>/seconds      how long the step took the last time: the next run's estimate
//
// A step keeps its four newest outputs.
//
// where key is the first 16 digits of the digest. An output is made in .tmp and renamed when Make has returned nil, so an
// interrupted build leaves nothing that looks finished. A lock on CACHE/<step>/lock keeps two builds in one tree apart.
package step

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Step is one thing to make.
type Step struct {
	Name string
	// Key is the digest of every input, those of Needs included.
	Key string
	// Needs are made before, and only when this step has to be made.
	Needs []*Step
	// Make fills job.Out. It checks what it made before it returns nil.
	Make func(ctx context.Context, job *Job) error
}

// Job is one run of a step's Make.
type Job struct {
	Out  string    // the empty folder to fill
	Work string    // the scratch folder
	Log  io.Writer // the step's log

	cache string
}

// Dir is the finished output folder of a step in need.
func (j *Job) Dir(need *Step) string { return need.dir(j.cache) }

// Run runs a program, without a shell, in the folder dir; it prints to the log.
func (j *Job) Run(ctx context.Context, dir string, env []string, argv ...string) error {
	fmt.Fprintf(j.Log, "%s%q\n", programMark, argv)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdout, cmd.Stderr = j.Log, j.Log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(argv[0]), err)
	}
	return nil
}

// Runner makes steps.
type Runner struct {
	Cache    string    // the folder of all outputs
	Progress io.Writer // lines for a person
}

// Make makes the steps and what they need, and leaves alone what is there. It returns the output folder of the last.
func (r *Runner) Make(ctx context.Context, steps ...*Step) (string, error) {
	pending, err := r.pending(steps)
	if err != nil {
		return "", err
	}
	for i, s := range pending {
		if err := r.make(ctx, s, fmt.Sprintf("[%d/%d] %s", i+1, len(pending), s.Name)); err != nil {
			return "", err
		}
	}
	return steps[len(steps)-1].dir(r.Cache), nil
}

// Done tells whether a step's output is there.
func (r *Runner) Done(s *Step) bool {
	_, err := os.Stat(s.dir(r.Cache))
	return err == nil
}

// pending lists the steps to make, needs first, each once.
func (r *Runner) pending(steps []*Step) ([]*Step, error) {
	var list []*Step
	seen := map[string]bool{}
	var visit func(*Step) error
	visit = func(s *Step) error {
		if len(s.Key) < keyLength {
			return fmt.Errorf("bug: step %s has no key", s.Name)
		}
		if seen[s.dir("")] || r.Done(s) {
			return nil
		}
		seen[s.dir("")] = true
		for _, need := range s.Needs {
			if err := visit(need); err != nil {
				return err
			}
		}
		list = append(list, s)
		return nil
	}
	for _, s := range steps {
		if err := visit(s); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r *Runner) make(ctx context.Context, s *Step, title string) error {
	out := s.dir(r.Cache)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("make the cache folder of %s: %w", s.Name, err)
	}
	unlock, err := lock(filepath.Join(filepath.Dir(out), "lock"))
	if err != nil {
		return fmt.Errorf("lock step %s: %w", s.Name, err)
	}
	defer unlock()
	if r.Done(s) { // made by another build while this one waited for the lock
		return nil
	}
	tmp := out + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("clear what an interrupted %s left: %w", s.Name, err)
	}
	for _, dir := range []string{tmp, out + ".work"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make the folders of %s: %w", s.Name, err)
		}
	}
	log, err := os.Create(out + ".log")
	if err != nil {
		return fmt.Errorf("make the log of %s: %w", s.Name, err)
	}
	defer log.Close()

	clock := startClock(r.Progress, title, filepath.Join(filepath.Dir(out), "seconds"), log.Name())
	err = s.Make(ctx, &Job{Out: tmp, Work: out + ".work", Log: log, cache: r.Cache})
	took := clock.stop()
	if err != nil {
		return &Error{Step: s.Name, Log: log.Name(), Tail: tail(log.Name()), Err: err}
	}
	if err := os.Rename(tmp, out); err != nil {
		return fmt.Errorf("finish %s: %w", s.Name, err)
	}
	clock.done(took)
	if err := os.RemoveAll(out + ".work"); err != nil {
		return fmt.Errorf("clear the scratch folder of %s: %w", s.Name, err)
	}
	return prune(filepath.Dir(out), filepath.Base(out))
}

// prune removes all but the newest outputs of a step, and what earlier failures left: each change of a source file leaves
// some behind. The output just made stays in any case, as file times are coarse. The step's lock is held.
func prune(dir, latest string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list old outputs: %w", err)
	}
	made := map[string]time.Time{}
	var outputs []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || len(e.Name()) != keyLength || e.Name() == latest {
			continue
		}
		made[e.Name()] = info.ModTime()
		outputs = append(outputs, e.Name())
	}
	slices.SortFunc(outputs, func(a, b string) int { return made[b].Compare(made[a]) })
	keep := append(outputs[:min(keepOutputs-1, len(outputs))], latest)
	for _, e := range entries {
		if key, _, _ := strings.Cut(e.Name(), "."); len(key) != keyLength || slices.Contains(keep, key) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove an old output: %w", err)
		}
	}
	return nil
}

const (
	keyLength = 16
	// keepOutputs lets a developer go back and forth between a few states of the tree without building again.
	keepOutputs = 4
)

func (s *Step) dir(cache string) string { return filepath.Join(cache, s.Name, s.Key[:keyLength]) }

// lock waits for an advisory lock, which the system takes back should this process die.
func lock(name string) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
