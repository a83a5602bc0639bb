package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The scripts that shells load are few lines each: they ask `lumo-lambda __complete WORDS…` at each press of the key. The last
// word is the one to complete. A line of the answer is a word, a tab and what it is for; or :files, or :folders.
const completeCommand = "__complete"

//go:embed completion
var completionScripts embed.FS

func runCompletion(_ context.Context, s streams, args []string) error {
	rest, err := parse(newFlags("completion"), args, s.out)
	if err != nil {
		return err
	}
	if len(rest) != 1 || !slices.Contains(shells, rest[0]) {
		return usagef("completion takes the name of a shell: %s; for example: eval \"$(lumo-lambda completion bash)\"", strings.Join(shells, ", "))
	}
	script, err := completionScripts.ReadFile("completion/" + rest[0])
	if err != nil {
		return fmt.Errorf("bug: %w", err)
	}
	_, err = s.out.Write(script)
	return err
}

var shells = []string{"bash", "zsh", "fish"}

// What a flag's value may be, by the flag's name; and a command's arguments, by the command's.
var (
	flagValues = map[string]func() []string{
		"--emulator": func() []string { return []string{"auto", "rie", "built-in"} },
		"--event":    sampleNames,
		"--layer":    files,
		"--f":        files,
		"-f":         files,
	}
	arguments = map[string]func() []string{
		"new":        templateNames,
		"completion": func() []string { return shells },
		"help":       commandNames,
		"event":      sampleNames,
		"layer":      func() []string { return append([]string{"build", "publish"}, folders()...) },
		"version":    func() []string { return nil },
	}
)

func files() []string   { return []string{":files"} }
func folders() []string { return []string{":folders"} }

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name+"\t"+c.summary)
	}
	return names
}

// complete prints what the last of the words may become.
func complete(ctx context.Context, out io.Writer, words []string) error {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	for _, choice := range choices(ctx, words) {
		if strings.HasPrefix(choice, ":") || strings.HasPrefix(choice, last) {
			if _, err := fmt.Fprintln(out, choice); err != nil {
				return err
			}
		}
	}
	return nil
}

func choices(ctx context.Context, words []string) []string {
	if len(words) == 1 {
		return commandNames()
	}
	c, err := find(words[0])
	if err != nil {
		return nil
	}
	flags := flagsOf(ctx, c)
	if before := words[len(words)-2]; len(words) > 2 && flags[before].value != "" {
		if values := flagValues[before]; values != nil {
			return values()
		}
		if value := flags[before].value; value == "PATH" || value == "FILE" || value == "FOLDER" {
			return files()
		}
		return nil
	}
	if strings.HasPrefix(words[len(words)-1], "-") {
		var names []string
		for name, f := range flags {
			names = append(names, name+"\t"+f.usage)
		}
		slices.Sort(names)
		return names
	}
	if of := arguments[c.name]; of != nil {
		return of()
	}
	return folders()
}

type flagHelp struct{ value, usage string }

// flagsOf asks the command for its flags.
func flagsOf(ctx context.Context, c command) map[string]flagHelp {
	var list bytes.Buffer
	flags := map[string]flagHelp{}
	if err := c.run(ctx, streams{strings.NewReader(""), &list, io.Discard}, []string{listFlags}); !errors.Is(err, flag.ErrHelp) {
		return flags
	}
	for line := range strings.Lines(list.String()) {
		if part := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3); len(part) == 3 {
			flags[part[0]] = flagHelp{part[1], part[2]}
		}
	}
	return flags
}
