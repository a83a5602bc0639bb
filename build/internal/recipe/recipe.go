// Package recipe reads recipes: one folder a thing under build/recipes, with a file `recipe` that says where the thing
// comes from and how it is made.
//
// # Format
//
// A line is a keyword and its words; # starts a comment, on a line of its own or after a blank. An indented line belongs
// to the `run` above it: one argument of a program's argument vector, so that a reason fits beside each odd flag.
//
//	version  WORD                            the thing's version
//	source   KIND NAME VERSION FILE SHA256 [on MACHINE] [for ARCH]
//	                                         something to fetch: crates, debian (NAME is the source package), maven (NAME
//	                                         is group:artifact), npm, pypi; where one file serves one kind of machine
//	                                         that builds, or one architecture that is built for, its name (x86_64, arm64)
//	needs    RECIPE…                         other recipes, made before; ${RECIPE} is where their output lies
//	input    PATH [except PATTERN…]          a file or folder of this tree that the result depends on
//	target                                   the output is for one architecture: it is made once for each
//	unpack   PATTERN [into DIR]              archives among the sources, unpacked into the output; or into DIR of the
//	                                         scratch folder, without the one folder that all of the archive lies in
//	env      NAME=VALUE                      a variable of the environment of all runs; VALUE may have blanks
//	run      NAME [in DIR] [each|all PATTERN]
//	                                         a program, its argument vector on the indented lines below; in DIR of the
//	                                         scratch folder; once for each file that matches, which is ${each}, and
//	                                         ${stem} its name without the ending: one after the other in the order of
//	                                         their names (each), or several at a time (all)
//	strip    PATH                            a path of this machine, taken out of every file that the runs have written
//	part     NAME VERSION LICENCE TEXT…      a component that ends up in the layer, with its licence's texts
//
// So that a version is written once: ${version} in a source is the recipe's; in a part's VERSION there may also be ${NAME},
// the version of the recipe NAME, and ${NAME:SOURCE}, that of its source of this name (see PartsOf).
//
// There is no source without a hash.
package recipe

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Recipe is a parsed recipe.
type Recipe struct {
	Name    string // of the folder
	Dir     string
	Version string
	Sources []Source
	Needs   []string
	Inputs  []Input
	Target  bool
	Unpack  []Unpack
	Env     []string
	Runs    []Run
	Strip   []string
	Parts   []Part
}

// Source is a file to fetch through its registry's own client.
type Source struct {
	Kind, Name, Version, File, SHA256 string
	Machine                           string // the only one that builds with it; empty for all
	Arch                              string // the only one that is built of it; empty for all
}

// Input is a file or folder of the tree.
type Input struct {
	Path   string
	Except []string
}

// Unpack is what to do with the sources whose file names match Pattern.
type Unpack struct {
	Pattern string
	Into    string // a folder below the scratch folder; empty for the output
}

// Run is one program of a recipe.
type Run struct {
	Name string
	Dir  string // below the scratch folder
	Each string // the pattern of the files that it runs for, in order; empty for one run
	All  string // the same, where the order does not matter
	Argv []string
}

// Part is a third-party component in the layer. Texts are paths of licence texts below the recipe's folder.
type Part struct {
	Name, Version, Licence string
	Texts                  []string
}

// Load reads the recipe in the folder dir.
func Load(dir string) (*Recipe, error) {
	f, err := os.Open(filepath.Join(dir, "recipe"))
	if err != nil {
		return nil, fmt.Errorf("read recipe: %w", err)
	}
	defer f.Close()
	r := &Recipe{Name: filepath.Base(dir), Dir: dir}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if err := r.line(lines.Text()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", f.Name(), n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read recipe %s: %w", r.Name, err)
	}
	return r, nil
}

// LoadAll reads every recipe below dir, in the order of their names.
func LoadAll(dir string) ([]*Recipe, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "recipe"))
	if err != nil {
		return nil, fmt.Errorf("list recipes: %w", err)
	}
	var all []*Recipe
	for _, file := range files {
		r, err := Load(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

var (
	comment = regexp.MustCompile(`(^|\s)#.*$`)
	sha256  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	kinds   = []string{"crates", "debian", "maven", "npm", "pypi"}
)

func (r *Recipe) line(text string) error {
	body := strings.TrimRight(comment.ReplaceAllString(text, ""), " \t")
	switch {
	case strings.TrimSpace(body) == "":
		return nil
	case strings.HasPrefix(body, "env "):
		r.Env = append(r.Env, strings.TrimSpace(strings.TrimPrefix(body, "env ")))
		return nil
	case body[0] == ' ' || body[0] == '\t':
		if len(r.Runs) == 0 {
			return fmt.Errorf("an argument without a run above it")
		}
		last := &r.Runs[len(r.Runs)-1]
		last.Argv = append(last.Argv, strings.TrimSpace(body))
		return nil
	}
	words := strings.Fields(body)
	return r.keyword(words[0], words[1:])
}

func (r *Recipe) keyword(word string, args []string) error {
	short, ok := map[string]int{
		"version": 1, "source": 5, "needs": 1, "input": 1, "target": 0, "unpack": 1, "run": 1,
		"strip": 1, "part": 4,
	}[word]
	if !ok {
		return fmt.Errorf("no keyword %q", word)
	}
	if len(args) < short {
		return fmt.Errorf("%s wants %d words or more, not %d", word, short, len(args))
	}
	switch word {
	case "version":
		r.Version = args[0]
	case "source":
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "${version}", r.Version)
		}
		s := Source{Kind: args[0], Name: args[1], Version: args[2], File: args[3], SHA256: args[4]}
		if err := options(args[5:], map[string]*string{"on": &s.Machine, "for": &s.Arch}); err != nil {
			return fmt.Errorf("source %s: %w", s.File, err)
		}
		if err := s.Check(); err != nil {
			return err
		}
		r.Sources = append(r.Sources, s)
	case "needs":
		r.Needs = append(r.Needs, args...)
	case "input":
		in := Input{Path: args[0]}
		if len(args) > 1 && args[1] == "except" {
			in.Except = args[2:]
		}
		r.Inputs = append(r.Inputs, in)
	case "unpack":
		u := Unpack{Pattern: args[0]}
		if err := options(args[1:], map[string]*string{"into": &u.Into}); err != nil {
			return fmt.Errorf("unpack %s: %w", args[0], err)
		}
		r.Unpack = append(r.Unpack, u)
	case "target":
		r.Target = true
	case "run":
		run := Run{Name: args[0]}
		if err := options(args[1:], map[string]*string{"in": &run.Dir, "each": &run.Each, "all": &run.All}); err != nil {
			return fmt.Errorf("run %s: %w", args[0], err)
		}
		r.Runs = append(r.Runs, run)
	case "strip":
		r.Strip = append(r.Strip, args...)
	case "part":
		r.Parts = append(r.Parts, Part{args[0], args[1], args[2], args[3:]})
	}
	return nil
}

// options reads pairs of a keyword and its word.
func options(args []string, known map[string]*string) error {
	for ; len(args) > 0; args = args[2:] {
		to, ok := known[args[0]]
		if !ok || len(args) == 1 {
			return fmt.Errorf("%q is not understood here", strings.Join(args, " "))
		}
		*to = args[1]
	}
	return nil
}

// Check tells what a source lacks.
func (s Source) Check() error {
	if !slices.Contains(kinds, s.Kind) {
		return fmt.Errorf("source %s is of kind %q, not one of %v", s.File, s.Kind, kinds)
	}
	if !sha256.MatchString(s.SHA256) {
		return fmt.Errorf("source %s has no sha256: no hash, no fetch", s.File)
	}
	if s.File != filepath.Base(s.File) || s.File == "" {
		return fmt.Errorf("source %s %s: the file %q is not a plain name", s.Kind, s.Name, s.File)
	}
	return nil
}
