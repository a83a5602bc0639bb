package step

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maker is a step that counts how often it was made.
func maker(name, key string, made *int, needs ...*Step) *Step {
	return &Step{Name: name, Key: fmt.Sprintf("%-16s", key), Needs: needs, Make: func(_ context.Context, job *Job) error {
		*made++
		return os.WriteFile(filepath.Join(job.Out, "out"), []byte(key), 0o644)
	}}
}

func newRunner(t *testing.T) (*Runner, *bytes.Buffer) {
	var progress bytes.Buffer
	return &Runner{Cache: t.TempDir(), Progress: &progress}, &progress
}

func TestStepIsMadeOnceForAKey(t *testing.T) {
	r, _ := newRunner(t)
	made := 0
	for range 3 {
		dir, err := r.Make(t.Context(), maker("a", "one", &made))
		require.NoError(t, err)
		content, err := os.ReadFile(filepath.Join(dir, "out"))
		require.NoError(t, err)
		assert.Equal(t, "one", string(content))
	}
	assert.Equal(t, 1, made)
	_, err := r.Make(t.Context(), maker("a", "two", &made))
	require.NoError(t, err)
	assert.Equal(t, 2, made, "another key is another output")
}

func TestNeedsAreMadeBeforeAndOnlyWhenNeeded(t *testing.T) {
	r, _ := newRunner(t)
	low, middle, top := 0, 0, 0
	build := func(topKey string) {
		a := maker("low", "1", &low)
		b := maker("middle", "1", &middle, a)
		_, err := r.Make(t.Context(), maker("top", topKey, &top, a, b))
		require.NoError(t, err)
	}
	build("1")
	assert.Equal(t, []int{1, 1, 1}, []int{low, middle, top})

	// What a finished step needed may be gone: nobody asks for it.
	require.NoError(t, os.RemoveAll(filepath.Join(r.Cache, "low")))
	build("1")
	assert.Equal(t, []int{1, 1, 1}, []int{low, middle, top})
	build("2")
	assert.Equal(t, []int{2, 1, 2}, []int{low, middle, top})
}

func TestFailedStepLeavesNoOutputAndShowsItsLog(t *testing.T) {
	r, _ := newRunner(t)
	fault := errors.New("the compiler is unwell")
	s := &Step{Name: "a", Key: "0123456789abcdef", Make: func(_ context.Context, job *Job) error {
		for i := range 100 {
			fmt.Fprintf(job.Log, "line %d\n", i)
		}
		require.NoError(t, os.WriteFile(filepath.Join(job.Work, "half"), nil, 0o644))
		return fault
	}}
	_, err := r.Make(t.Context(), s)
	var failed *Error
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, fault)
	assert.Contains(t, failed.Tail, "line 99")
	assert.NotContains(t, failed.Tail, "line 70\n")
	assert.Contains(t, err.Error(), failed.Log)
	assert.False(t, r.Done(s))

	s.Make = func(_ context.Context, job *Job) error {
		_, err := os.Stat(filepath.Join(job.Work, "half"))
		return err
	}
	_, err = r.Make(t.Context(), s)
	require.NoError(t, err, "the next try finds the scratch folder as the last one left it")
	assert.NoDirExists(t, s.dir(r.Cache)+".work")
}

func TestOutputOfInterruptedBuildIsMadeAnew(t *testing.T) {
	r, _ := newRunner(t)
	made := 0
	s := maker("a", "1", &made)
	stale := filepath.Join(s.dir(r.Cache)+".tmp", "stale")
	require.NoError(t, os.MkdirAll(filepath.Dir(stale), 0o755))
	require.NoError(t, os.WriteFile(stale, nil, 0o644))
	dir, err := r.Make(t.Context(), s)
	require.NoError(t, err)
	assert.NoFileExists(t, filepath.Join(dir, "stale"))
}

func TestTwoBuildsMakeAStepOnce(t *testing.T) {
	cache := t.TempDir()
	made := 0
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			r := &Runner{Cache: cache, Progress: &bytes.Buffer{}}
			_, err := r.Make(context.Background(), maker("a", "1", &made))
			assert.NoError(t, err)
		})
	}
	both.Wait()
	assert.Equal(t, 1, made)
}

func TestOldOutputsGo(t *testing.T) {
	r, _ := newRunner(t)
	made := 0
	leftover := filepath.Join(r.Cache, "a", "0123456789abcdef.work")
	require.NoError(t, os.MkdirAll(leftover, 0o755))
	for i := range 3 * keepOutputs {
		_, err := r.Make(t.Context(), maker("a", fmt.Sprint(i), &made))
		require.NoError(t, err)
	}
	logs, err := filepath.Glob(filepath.Join(r.Cache, "a", "*.log"))
	require.NoError(t, err)
	assert.Len(t, logs, keepOutputs)
	assert.NoDirExists(t, leftover, "what a failed try of another key left")
	assert.True(t, r.Done(maker("a", fmt.Sprint(3*keepOutputs-1), &made)), "the newest stays")
}

func TestRunPrintsToTheLogAndSaysWhichProgramFailed(t *testing.T) {
	var log bytes.Buffer
	job := &Job{Log: &log}
	require.NoError(t, job.Run(t.Context(), t.TempDir(), nil, "/bin/echo", "a b", "$HOME"))
	assert.Contains(t, log.String(), "a b $HOME\n", "there is no shell")
	assert.ErrorContains(t, job.Run(t.Context(), t.TempDir(), nil, "/bin/false"), "false: exit status 1")
}
