package main

import "time"

// A watchdog, not a wait, and how often the kernel is asked for what it tells nobody of.
const (
	watchdog = 30 * time.Second
	tick     = time.Millisecond
)
