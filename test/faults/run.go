package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// Config is a series and whom it is for.
type Config struct {
	Seed  uint64
	N     int
	Kinds []Kind

	API    *runtimeapitest.Server          // that the runtime under test asks
	Signal func(syscall.Signal)            // sends a signal to the runtime's children
	Replay func(seed uint64, n int) string // the command that runs a series again

	// Invoke stands in for API, for a runtime under an emulator. What the API was asked is not judged then, and request ids are
	// the emulator's; kinds that need API or Signal cannot be drawn.
	Invoke func(ctx context.Context, event string) (answer []byte, isError bool, err error)
}

// watchdog is longer than any case may take.
const watchdog = time.Minute

// Series is what became of one.
type Series struct {
	cfg      Config
	cases    []Case
	ends     map[string]map[string]int // by kind and end
	problems []string
}

// Run gives the runtime the series, one case after another, once it is up: a signal that hits its child before that ends it,
// as it must, with an init error.
func Run(ctx context.Context, cfg Config) (*Series, error) {
	s := &Series{cfg: cfg, ends: map[string]map[string]int{}}
	if cfg.Invoke == nil {
		ctx, cancel := context.WithTimeout(ctx, watchdog)
		defer cancel()
		if err := cfg.API.AwaitNext(ctx); err != nil {
			return s, fmt.Errorf("wait for the first request for an event: %w", err)
		}
	}
	for n := range cfg.N {
		c := makeCase(cfg.Kinds, cfg.Seed, n)
		s.cases = append(s.cases, c)
		o, err := s.one(ctx, c)
		if err != nil {
			return s, fmt.Errorf("%s: %w; again: %s", describe(c), err, cfg.Replay(cfg.Seed, n+1))
		}
		end := s.judge(c, o)
		if s.ends[c.Kind.Name] == nil {
			s.ends[c.Kind.Name] = map[string]int{}
		}
		s.ends[c.Kind.Name][end]++
	}
	if cfg.Invoke == nil {
		s.judgeCalls()
	}
	return s, nil
}

func describe(c Case) string { return fmt.Sprintf("case %d (%s) %.200q", c.N, c.Kind.Name, c.Event) }

// one gives one case and waits for its outcome.
func (s *Series) one(ctx context.Context, c Case) (runtimeapitest.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, watchdog)
	defer cancel()
	if s.cfg.Invoke != nil {
		o := runtimeapitest.Outcome{RequestID: requestID(c.N), Call: "response"}
		body, isError, err := s.cfg.Invoke(ctx, c.Event)
		if isError {
			o.Call = "error"
		}
		o.Body = body
		return o, err
	}
	if c.Kind.API != nil {
		c.Kind.API(s.cfg.API)
	}
	outcome := s.cfg.API.Queue(runtimeapitest.Event{RequestID: requestID(c.N), Body: []byte(c.Event), Timeout: c.Kind.Timeout})
	if c.Kind.Outside != 0 {
		timer := time.NewTimer(c.After)
		defer timer.Stop()
		<-timer.C
		s.cfg.Signal(c.Kind.Outside)
	}
	select {
	case o := <-outcome:
		return o, nil
	case <-ctx.Done():
		return runtimeapitest.Outcome{}, fmt.Errorf("lost: no post within %v; the API's last calls: %s", watchdog, s.lastCalls())
	}
}

// lastCalls is what the API was asked at last.
func (s *Series) lastCalls() string {
	var last []string
	calls := s.cfg.API.Calls()
	for _, c := range calls[max(0, len(calls)-5):] {
		last = append(last, fmt.Sprintf("%s %s %d", c.Name, c.ID, c.Status))
	}
	return strings.Join(last, ", ")
}

func (s *Series) problem(c Case, format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf("%s: %s; again: %s", describe(c), fmt.Sprintf(format, args...),
		s.cfg.Replay(s.cfg.Seed, c.N+1)))
}

// judge looks at an outcome alone, and names the end.
func (s *Series) judge(c Case, o runtimeapitest.Outcome) (end string) {
	if o.RequestID != requestID(c.N) {
		s.problem(c, "the outcome is of request %s", o.RequestID)
	}
	if other := foreign(string(o.Body), c); other != "" {
		s.problem(c, "it holds %s, which is another's: %.200q", other, o.Body)
	}
	switch o.Call {
	case "response":
		if !c.Kind.Answer || !strings.Contains(string(o.Body), c.Mark) {
			s.problem(c, "it was answered with %.200q", o.Body)
		}
		return "answer"
	case "error":
		var e struct {
			Type    string `json:"errorType"`
			Message string `json:"errorMessage"`
		}
		err := json.Unmarshal(o.Body, &e)
		if err != nil || !slices.Contains(c.Kind.Errors, e.Type) || e.Message == "" {
			s.problem(c, "it failed with %.300q", o.Body)
		}
		return e.Type
	}
	s.problem(c, "it ended as %q", o.Call)
	return o.Call
}

// judgeCalls looks at all that the API was asked: each case delivered once, and closed by one post.
func (s *Series) judgeCalls() {
	delivered, closed := map[string]int{}, map[string]int{}
	for _, call := range s.cfg.API.Calls() {
		switch {
		case call.Name == "next" && call.Status == 200:
			delivered[call.ID]++
		case (call.Name == "response" || call.Name == "error") && call.Status == 202:
			closed[call.ID]++
		}
	}
	for _, c := range s.cases {
		id := requestID(c.N)
		if delivered[id] != 1 || closed[id] != 1 {
			s.problem(c, "it was delivered %d times and closed %d times", delivered[id], closed[id])
		}
	}
	if len(delivered) != len(s.cases) || len(closed) != len(s.cases) {
		s.problems = append(s.problems, fmt.Sprintf("%d cases, but %d were delivered and %d closed", len(s.cases), len(delivered), len(closed)))
	}
}

// Problems is all that was wrong, empty where nothing was.
func (s *Series) Problems() []string { return s.problems }

// Print writes what became of the series.
func (s *Series) Print(w io.Writer) {
	fmt.Fprintf(w, "%d invocations, seed %d: %d problems\n", len(s.cases), s.cfg.Seed, len(s.problems))
	fmt.Fprintf(w, "%-34s %7s  %s\n", "kind", "cases", "ends")
	for _, k := range s.cfg.Kinds {
		total := 0
		var ends []string
		for end, n := range s.ends[k.Name] {
			total += n
			ends = append(ends, fmt.Sprintf("%s %d", end, n))
		}
		sort.Strings(ends)
		fmt.Fprintf(w, "%-34s %7d  %s\n", k.Name, total, strings.Join(ends, ", "))
	}
	fmt.Fprintf(w, "again: %s\n", s.cfg.Replay(s.cfg.Seed, len(s.cases)))
}
