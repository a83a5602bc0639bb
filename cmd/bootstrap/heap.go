package main

import (
	"fmt"
	"strings"
)

// heap is V8's limits, in MB; zero values for V8's own.
type heap struct {
	old  int // the old space
	semi int // each of the three parts of the young generation
}

// heapFor shares out a sandbox of the given size, so that a leak ends in an error that says so, and not in a killed sandbox.
// V8 lets the young generation alone grow to 192 MB, with which an old space of 176 MB was seen to take 371: so that is
// limited too, to a tenth of the memory. Beside the heap, lumo has 34 MB of its own at rest and bootstrap a few, more with
// large events (48 together), and an eighth is left for buffers.
func heapFor(memoryMB int) heap {
	if memoryMB <= 0 {
		return heap{}
	}
	semi := min(max(memoryMB/32, 1), 16)
	return heap{old: max(memoryMB-48-memoryMB/8-3*semi, 32), semi: semi}
}

// nodeOptions puts the heap's limits in front of the user's options, unless they hold one: V8 takes a hyphen and an
// underscore for the same.
func nodeOptions(h heap, users string) string {
	plain := strings.ReplaceAll(users, "_", "-")
	if h.old == 0 || strings.Contains(plain, "--max-old-space-size") || strings.Contains(plain, "--max-semi-space-size") {
		return users
	}
	return strings.TrimSpace(fmt.Sprintf("--max-old-space-size=%d --max-semi-space-size=%d %s", h.old, h.semi, users))
}
