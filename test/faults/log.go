package faults

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

var marks = regexp.MustCompile(`<case-\d+>`)

// foreign gives a mark in a text that is not the case's.
func foreign(text string, c Case) string {
	for _, m := range marks.FindAllString(text, -1) {
		if m != c.Mark {
			return m
		}
	}
	return ""
}

// JudgeLog reads the runtime's log, lines of time, request, level and text; others are the platform's. All lines with a case's mark
// are under one request, the case's own, and a case that says something must have said it. A case's words may also stand under
// no request: what was in the pipe when its child died idle.
func (s *Series) JudgeLog(log io.Reader) error {
	of := map[string]string{} // marks to requests
	by := map[string]string{} // and back
	if s.cfg.Invoke == nil {
		for _, c := range s.cases {
			of[c.Mark], by[requestID(c.N)] = requestID(c.N), c.Mark
		}
	}
	said := map[string]bool{}
	r := bufio.NewReader(log)
	for {
		line, err := r.ReadString('\n')
		if parts := strings.SplitN(line, "\t", 4); len(parts) == 4 && parts[1] != "-" {
			for _, m := range marks.FindAllString(parts[3], -1) {
				if of[m] == "" && by[parts[1]] == "" { // the first that an emulator's log says of either
					of[m], by[parts[1]] = parts[1], m
				}
				if of[m] != parts[1] {
					s.problems = append(s.problems, fmt.Sprintf("a line of %s is under request %s: %.200q", m, parts[1], line))
				}
				said[m] = true
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
	}
	for _, c := range s.cases {
		if c.Kind.Says && !said[c.Mark] {
			s.problem(c, "what it said is not in the log")
		}
	}
	return nil
}
