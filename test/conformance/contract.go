// Package conformance holds what Lambda asks of a runtime, line by line, beside the tests that prove it. The lines are in
// contract.txt; docs/conformance.md is made of them, and the package's own test checks that every line has a test and that
// every test is there.
package conformance

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// section is a part of the contract.
type section struct {
	title string
	lines []line
}

// line is one demand.
type line struct {
	text    string
	sources []string
	tests   []string
}

// parse reads contract.txt.
func parse(r io.Reader) (sections []section, err error) {
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		text := scanner.Text()
		bad := func(what string) error { return fmt.Errorf("line %d: %s: %q", n, what, text) }
		var last *line
		if len(sections) > 0 {
			if l := sections[len(sections)-1].lines; len(l) > 0 {
				last = &l[len(l)-1]
			}
		}
		switch title, isTitle := strings.CutPrefix(text, "## "); {
		case text == "", !isTitle && strings.HasPrefix(text, "#"):
		case isTitle:
			sections = append(sections, section{title: title})
		case len(sections) == 0:
			return nil, bad("it stands before the first heading")
		case strings.HasPrefix(text, "* "):
			s := &sections[len(sections)-1]
			s.lines = append(s.lines, line{text: text[2:]})
		case !strings.HasPrefix(text, "  ") || last == nil:
			return nil, bad("neither a heading nor a line nor a part of one")
		case strings.HasPrefix(text, "  from "):
			last.sources = append(last.sources, strings.Split(text[len("  from "):], "; ")...)
		case strings.HasPrefix(text, "  test "):
			last.tests = append(last.tests, text[len("  test "):])
		case len(last.sources)+len(last.tests) > 0:
			return nil, bad("text behind sources or tests")
		default:
			last.text += " " + strings.TrimSpace(text)
		}
	}
	return sections, scanner.Err()
}

// document writes docs/conformance.md. places are where the tests are, as links from there.
func document(sections []section, places map[string]string) string {
	var b strings.Builder
	lines := 0
	for _, s := range sections {
		lines += len(s.lines)
	}
	fmt.Fprintf(&b, `# Conformance

What Lambda's Runtime API, its emulator and the mistakes of other runtimes ask of this one: %d lines, each with the tests that prove
it. This page is made of [test/conformance/contract.txt](../test/conformance/contract.txt); a test fails where it is not, where a
line has no test, or where a test that it names is not there. "Seen of the emulator" is what experiments with AWS's runtime
interface emulator (RIE) showed.
`, lines)
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n| what is asked | from | proved by |\n|---|---|---|\n", s.title)
		for _, l := range s.lines {
			tests := make([]string, len(l.tests))
			for i, test := range l.tests {
				tests[i] = fmt.Sprintf("[%s](%s)", cell(shown(test)), places[test])
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(l.text), cell(strings.Join(l.sources, "; ")), strings.Join(tests, ", "))
		}
	}
	return b.String()
}

// cell makes a text safe inside a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "_", `\_`, "<", "&lt;").Replace(s)
}

// shown is a test's name as people know it.
func shown(test string) string {
	if _, title, isJS := strings.Cut(test, ".test.js "); isJS {
		return strings.Trim(title, `"`)
	}
	if folder, name, isGo := strings.Cut(test, " "); isGo {
		return folder + " " + name
	}
	_, name, _ := strings.Cut(test, "/")
	return name
}
