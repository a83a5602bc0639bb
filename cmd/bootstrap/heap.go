package main

import "fmt"

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

// options sets the limits, and leaves V8's own where there is none.
func (h heap) options() string {
	if h.old == 0 {
		return ""
	}
	return fmt.Sprintf("--max-old-space-size=%d --max-semi-space-size=%d", h.old, h.semi)
}
