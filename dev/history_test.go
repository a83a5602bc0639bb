package dev

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHistoryKeepsTheNewest(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "events")
	h := NewHistory(folder)
	_, _, err := h.Event(0)
	require.ErrorContains(t, err, "no event is recorded yet")
	for i := range kept + 3 {
		number, err := h.Record(fmt.Appendf(nil, `{"n":%d}`, i+1))
		require.NoError(t, err)
		assert.Equal(t, i+1, number)
	}
	numbers, err := h.Numbers()
	require.NoError(t, err)
	assert.Len(t, numbers, kept)
	assert.Equal(t, 4, numbers[0])

	number, event, err := NewHistory(folder).Event(0) // also after a restart
	require.NoError(t, err)
	assert.Equal(t, kept+3, number)
	assert.JSONEq(t, fmt.Sprintf(`{"n":%d}`, kept+3), string(event))
	_, _, err = h.Event(3)
	require.ErrorContains(t, err, "there is no event 3; there are 4 to 103")
}

func TestRecordedEventsAreTheirOwnersAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "events")
	_, err := NewHistory(folder).Record([]byte("1"))
	require.NoError(t, err)
	for path, want := range map[string]os.FileMode{folder: 0o700, filepath.Join(folder, "1.json"): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode().Perm(), path)
	}
}
