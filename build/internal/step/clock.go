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
// line from time to time, then how long it was. Where the step's program is one that counts in its log, the lines have its
// count too, and, of a step that was never finished here, what time that leaves.
type clock struct {
	out      io.Writer
	title    string
	file     string
	log      string // the file that the step's programs print to
	start    time.Time
	estimate time.Duration
	first    *count // the first that was seen of the program that runs
	firstAt  time.Time

	quit chan struct{}
	wait sync.WaitGroup
	said bool // read after wait only
}

func startClock(out io.Writer, title, file, log string) *clock {
	c := &clock{out: out, title: title, file: file, log: log, start: time.Now(), quit: make(chan struct{})}
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
	fmt.Fprintln(c.out, c.line(time.Now(), lastCount(c.log)))
}

// line is what to say at a time, at which the running program has counted so far; at is nil where it does not count.
func (c *clock) line(now time.Time, at *count) string {
	text := fmt.Sprintf("%s … %v", c.title, now.Sub(c.start).Round(time.Second))
	if c.estimate > 0 {
		text += fmt.Sprintf(" of about %v", c.estimate.Round(time.Second))
	}
	if at == nil {
		c.first = nil
		return text
	}
	text += fmt.Sprintf(", %d of %d", at.done, at.total)
	if c.first == nil || c.first.total != at.total || c.first.done > at.done {
		c.first, c.firstAt = at, now
	}
	if done := at.done - c.first.done; c.estimate == 0 && done > 0 {
		left := now.Sub(c.firstAt) / time.Duration(done) * time.Duration(at.total-at.done)
		text += fmt.Sprintf(", about %v left", left.Round(time.Second))
	}
	return text
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
