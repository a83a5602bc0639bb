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

// JudgeLog reads the runtime's log, lines of time, request, level and text. A line with a case's mark must be under that
// case's request, and a case that says something must have said it. A case's own words may also stand under no request: what
// was in the pipe when its child died idle.
func (s *Series) JudgeLog(log io.Reader) error {
	ids := map[string]string{}
	for _, c := range s.cases {
		ids[c.Mark] = requestID(c.N)
	}
	said := map[string]bool{}
	r := bufio.NewReader(log)
	for {
		line, err := r.ReadString('\n')
		parts := strings.SplitN(line, "\t", 4)
		if len(parts) == 4 {
			for _, m := range marks.FindAllString(parts[3], -1) {
				switch {
				case parts[1] == ids[m]:
					said[m] = true
				case parts[1] != "-":
					s.problems = append(s.problems, fmt.Sprintf("a line of %s is under request %s: %.200q", m, parts[1], line))
				}
			}
		} else if line != "" {
			s.problems = append(s.problems, fmt.Sprintf("not a line of the log: %.200q", line))
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
