package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// jsonFlag adds --json to a command's flags.
func jsonFlag(flags *flag.FlagSet) *bool {
	return flags.Bool("json", false, "print one JSON object, for programs, in place of text; errors are one on standard error")
}

// wantsJSON says whether --json is among the arguments: what is wrong with a command line is told before it is understood.
func wantsJSON(args []string) bool {
	return slices.Contains(args, "--json") || slices.Contains(args, "-json")
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// printFlags explains each flag: its name as people write it, with two dashes where it is a word.
func printFlags(w io.Writer, flags *flag.FlagSet) {
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "  %s\n      %s\n", strings.TrimSpace(dashed(f.Name)+" "+value), strings.ReplaceAll(usage, "\n", "\n      "))
	})
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// listFlags has a command print its flags for the completion, as it would print its help.
const listFlags = "--complete-flags"

// printFlagList writes a line a flag: how it is written, the name of its value (empty where it has none), what it is for.
func printFlagList(w io.Writer, flags *flag.FlagSet) {
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		usage, _, _ = strings.Cut(usage, "\n")
		fmt.Fprintf(w, "%s\t%s\t%s\n", dashed(f.Name), value, usage)
	})
}
