package dev

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// kept is how many events a history keeps.
const kept = 100

// History is a folder of recorded events: 1.json, 2.json, …
type History struct {
	mu     sync.Mutex
	folder string
}

// NewHistory returns the history that is, or will be, in the folder.
func NewHistory(folder string) *History { return &History{folder: folder} }

// Record keeps the event and returns its number.
func (h *History) Record(event []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	numbers, err := h.numbers()
	if err != nil {
		return 0, err
	}
	number := 1
	if len(numbers) > 0 {
		number = numbers[len(numbers)-1] + 1
	}
	if err := os.MkdirAll(h.folder, 0o700); err != nil {
		return 0, fmt.Errorf("record the event: %w", err)
	}
	var text bytes.Buffer
	if json.Indent(&text, event, "", "  ") != nil {
		text.Write(event)
	}
	if err := os.WriteFile(h.path(number), text.Bytes(), 0o600); err != nil {
		return 0, fmt.Errorf("record the event: %w", err)
	}
	for len(numbers) >= kept {
		if err := os.Remove(h.path(numbers[0])); err != nil {
			return 0, fmt.Errorf("forget an old event: %w", err)
		}
		numbers = numbers[1:]
	}
	return number, nil
}

// Event returns the event of that number; 0 is the newest.
func (h *History) Event(number int) (int, []byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	numbers, err := h.numbers()
	if err != nil {
		return 0, nil, err
	}
	if len(numbers) == 0 {
		return 0, nil, errors.New("no event is recorded yet")
	}
	if number == 0 {
		number = numbers[len(numbers)-1]
	}
	if !slices.Contains(numbers, number) {
		return 0, nil, fmt.Errorf("there is no event %d; there are %d to %d", number, numbers[0], numbers[len(numbers)-1])
	}
	event, err := os.ReadFile(h.path(number))
	if err != nil {
		return 0, nil, fmt.Errorf("read the recorded event: %w", err)
	}
	return number, event, nil
}

// Numbers are those of the recorded events, the oldest first.
func (h *History) Numbers() ([]int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.numbers()
}

func (h *History) numbers() ([]int, error) {
	entries, err := os.ReadDir(h.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for recorded events: %w", err)
	}
	var numbers []int
	for _, entry := range entries {
		text, isEvent := strings.CutSuffix(entry.Name(), ".json")
		if n, err := strconv.Atoi(text); isEvent && err == nil && n > 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func (h *History) path(number int) string {
	return filepath.Join(h.folder, strconv.Itoa(number)+".json")
}
