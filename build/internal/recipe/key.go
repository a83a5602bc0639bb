package recipe

import (
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// Key is the digest of what the recipe's output depends on: all its pins, its programs, the tree's files that are its
// inputs, the files beside it, and the keys of what it needs. Comments and parts do not change the output, and so not the
// key; neither does the machine that builds, so every machine's sources count.
func (r *Recipe) Key(root string, needs map[string]string) (string, error) {
	k := step.NewKey(r.Name)
	k.Text("version", r.Version)
	for _, s := range r.Sources {
		k.Text("source", strings.Join([]string{s.Kind, s.Name, s.Version, s.File, s.SHA256, s.Machine}, " "))
		option(k, "for", s.Arch)
	}
	for _, u := range r.Unpack {
		k.Text("unpack", u.Pattern)
		option(k, "into", u.Into)
	}
	for _, env := range r.Env {
		k.Text("env", env)
	}
	for _, run := range r.Runs {
		k.Text("run", run.Name+"\x00"+strings.Join(run.Argv, "\x00"))
		option(k, "in", run.Dir)
		option(k, "each", run.Each)
		option(k, "all", run.All)
	}
	for _, path := range r.Strip {
		k.Text("strip", path)
	}
	for _, in := range r.Inputs {
		if err := k.Files(root, in.Path, in.Except...); err != nil {
			return "", err
		}
	}
	if err := k.Files(r.Dir, ".", "recipe", "*.txt", "*.md"); err != nil {
		return "", err
	}
	for _, name := range r.Needs {
		k.Text("need "+name, needs[name])
	}
	return k.Sum(), nil
}

func option(k *step.Key, label, value string) {
	if value != "" {
		k.Text(label, value)
	}
}
