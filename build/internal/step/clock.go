package step

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// quietTime is how long a step may take before it says anything.
	quietTime = 2 * time.Second
	// sayEvery is the pace of a long step's lines.
	sayEvery = 10 * time.Second
)

// clock tells a person how a step gets on: at first nothing, then its title with the time that the last run took, then a
// line from time to time, then how long it was.
type clock struct {
	out      io.Writer
	title    string
	file     string
	start    time.Time
	estimate time.Duration

	quit chan struct{}
	wait sync.WaitGroup
	said bool // read after wait only
}

func startClock(out io.Writer, title, file string) *clock {
	c := &clock{out: out, title: title, file: file, start: time.Now(), quit: make(chan struct{})}
	if text, err := os.ReadFile(file); err == nil {
		if seconds, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64); err == nil {
			c.estimate = time.Duration(seconds * float64(time.Second))
		}
	}
	c.wait.Go(c.run)
	return c
}

func (c *clock) run() {
	timer := time.NewTimer(quietTime)
	defer timer.Stop()
	if c.estimate > quietTime {
		timer.Reset(0)
	}
	for {
		select {
		case <-c.quit:
			return
		case <-timer.C:
			c.say()
			timer.Reset(sayEvery)
		}
	}
}

func (c *clock) say() {
	c.said = true
	elapsed := time.Since(c.start).Round(time.Second)
	switch {
	case c.estimate > 0:
		fmt.Fprintf(c.out, "%s … %v of about %v\n", c.title, elapsed, c.estimate.Round(time.Second))
	default:
		fmt.Fprintf(c.out, "%s … %v\n", c.title, elapsed)
	}
}

// stop ends the lines and returns how long it was.
func (c *clock) stop() time.Duration {
	close(c.quit)
	c.wait.Wait()
	return time.Since(c.start)
}

// done says that the step is finished, if it was long enough to be noticed, and keeps its time as the next estimate.
func (c *clock) done(took time.Duration) {
	if c.said {
		fmt.Fprintf(c.out, "%s: done in %v\n", c.title, took.Round(100*time.Millisecond))
	}
	// A lost estimate is no loss: the next run shows only its elapsed time.
	_ = os.WriteFile(c.file, fmt.Appendf(nil, "%.1f\n", took.Seconds()), 0o644)
}
