// Page turns what `make bench` measured, Go's benchmark format on standard input, into a page for people: results.md and its
// charts in the folder that it is given. It prints the table of goals, and which of them were reached.
//
//	go run ./bench/page FOLDER <results.txt
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "page: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage: page FOLDER <results.txt")
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("read the results: %w", err)
	}
	r, err := parse(bytes.NewReader(text))
	if err != nil {
		return err
	}
	table := goalsTable(r)
	var page bytes.Buffer
	fmt.Fprintf(&page, "# Results\n\nWritten by `make bench`. Medians, with the quartiles in brackets; what is measured, and how, is in\n"+
		"[README.md](README.md). The machine: %s.\n\n## Goals\n\n%s\n## Charts\n\n", r.machine(), table)
	for _, c := range charts {
		svg, ok := c.draw(r)
		if !ok {
			continue
		}
		if err := write(filepath.Join(args[0], c.file), svg); err != nil {
			return err
		}
		fmt.Fprintf(&page, "![%s](%s)\n\n", c.title, c.file)
	}
	fmt.Fprintf(&page, "## All figures\n\n```\n%s```\n", text)
	if err := write(filepath.Join(args[0], "results.md"), page.Bytes()); err != nil {
		return err
	}
	_, err = io.WriteString(out, table)
	return err
}

func write(name string, content []byte) error {
	if err := os.WriteFile(name, content, 0o644); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
