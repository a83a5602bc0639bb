package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The templates are functions called my-app, which work as they are; new puts another name in its place.
//
//go:embed all:templates
var templates embed.FS

// templateSummaries says what each template is, in the order of the help.
var templateSummaries = []struct{ name, summary string }{
	{"hello", "the smallest function"},
	{"http-api", "an HTTP API with routes and Ring middleware"},
	{"sqs-batch", "messages of a queue; only those that fail come again"},
	{"s3-event", "files put into a bucket, read as streams"},
	{"scheduled", "work on a schedule"},
	{"streaming", "a page that is sent while it is made"},
}

func templateNames() []string {
	var names []string
	for _, t := range templateSummaries {
		names = append(names, t.name+"\t"+t.summary)
	}
	return names
}

func templateList() string {
	var list strings.Builder
	for _, t := range templateSummaries {
		fmt.Fprintf(&list, "\n  %-10s %s", t.name, t.summary)
	}
	return list.String()
}

// appName is a name that is good as a namespace's first part and as a Lambda function's name (letters, digits, dashes).
var appName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func runNew(_ context.Context, s streams, args []string) error {
	flags := newFlags("new")
	name := flags.String("name", "", "the function's `NAME`, which is also its namespace (default: the folder's)")
	asJSON := jsonFlag(flags)
	rest, err := parse(flags, args, s.out)
	if err != nil {
		return err
	}
	if len(rest) == 0 || len(rest) > 2 {
		return usagef("new takes a template and a folder, as in: lumo-lambda new http-api app. The templates:%s", templateList())
	}
	template := rest[0]
	if !slices.ContainsFunc(templateSummaries, func(t struct{ name, summary string }) bool { return t.name == template }) {
		return usagef("there is no template %q. The templates:%s", template, templateList())
	}
	if len(rest) == 1 {
		return usagef("new takes the folder to make as well; for example: lumo-lambda new %s app", template)
	}
	folder := rest[1]
	if *name == "" {
		absolute, err := filepath.Abs(folder)
		if err != nil {
			return fmt.Errorf("find the folder: %w", err)
		}
		*name = filepath.Base(absolute)
	}
	if !appName.MatchString(*name) {
		return usagef("%q is not good as a function's name: lower-case letters and digits, with dashes between words, as in my-app; give one with --name", *name)
	}
	if entries, err := os.ReadDir(folder); err == nil && len(entries) > 0 {
		return usagef("%s is there already, and not empty; name a new folder", folder)
	}
	files, err := makeFunction(template, *name, folder)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(s.out, map[string]any{"folder": folder, "name": *name, "template": template, "files": files})
	}
	for _, file := range files {
		fmt.Fprintln(s.out, filepath.Join(folder, file))
	}
	fmt.Fprintf(s.err, "\nWhat now:\n\n  cd %s\n  lumo-lambda test\n  lumo-lambda dev\n\n", folder)
	return nil
}

// makeFunction writes the template's files under the new name, and returns their names.
func makeFunction(template, name, folder string) ([]string, error) {
	root := "templates/" + template
	rename := strings.NewReplacer("my-app", name, "my_app", strings.ReplaceAll(name, "-", "_"))
	var files []string
	err := fs.WalkDir(templates, root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := templates.ReadFile(path)
		if err != nil {
			return err
		}
		file := rename.Replace(strings.TrimPrefix(path, root+"/"))
		to := filepath.Join(folder, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		files = append(files, file)
		return os.WriteFile(to, []byte(rename.Replace(string(text))), 0o644)
	})
	if err != nil {
		return nil, fmt.Errorf("make the function's folder: %w", err)
	}
	return files, nil
}
