package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
	"github.com/lumo-lambda/lumo-lambda/layer"
)

// flavour is what engine lumo is made with. Bootstrap and the bundle are the same in both.
type flavour string

const (
	static  flavour = "static"  // against musl, compiled by our recipes: starts everywhere, loads no addons
	dynamic flavour = "dynamic" // as the Node.js project builds it, against glibc: loads native addons
)

var flavours = []flavour{static, dynamic}

const engineFlag = "--engine="

// takeFlavour takes the flag of the engine out of a command line.
func takeFlavour(args []string) (rest []string, f flavour, err error) {
	f = static
	for _, arg := range args {
		name, isFlag := strings.CutPrefix(arg, engineFlag)
		if !isFlag {
			rest = append(rest, arg)
			continue
		}
		if f = flavour(name); !slices.Contains(flavours, f) {
			return nil, "", fmt.Errorf("no engine %q; there are %v", name, flavours)
		}
	}
	return rest, f, nil
}

// label is how an architecture's steps, folders and zip are named: x86_64, or dynamic-x86_64.
func (f flavour) label(arch host.Arch) string {
	if f == dynamic {
		return "dynamic-" + string(arch)
	}
	return string(arch)
}

func (f flavour) runner(arch host.Arch) host.Runner {
	if f == dynamic {
		return arch.DynamicCommand
	}
	return arch.Command
}

func (f flavour) maxBytes() int64 {
	if f == dynamic {
		return layer.MaxDynamicBytes
	}
	return layer.MaxBytes
}

func (t *tree) flavouredEngineStep(arch host.Arch, f flavour) (*step.Step, error) {
	if f == dynamic {
		return t.recipeStepFor(dynamicRecipe, arch)
	}
	return t.engineStep(arch)
}

// The places that a component can be in.
const (
	inBootstrap     = "bootstrap"
	inLumo          = "lumo"
	inStaticEngine  = "lumo, the static engine"
	inDynamicEngine = "lumo, the dynamic engine"
)

// whereIs tells which place the parts of a recipe are in.
func (t *tree) whereIs(r *recipe.Recipe) (string, error) {
	below, err := t.recipesBelow(engineRecipe)
	if err != nil {
		return "", err
	}
	switch {
	case r.Name == "go":
		return inBootstrap, nil
	case r.Name == dynamicRecipe:
		return inDynamicEngine, nil
	case r.Name == "engine", slices.ContainsFunc(below, func(b *recipe.Recipe) bool { return b.Name == r.Name }):
		return inStaticEngine, nil
	}
	return inLumo, nil
}

// componentsOf are the components of one flavour's layer.
func (t *tree) componentsOf(ctx context.Context, f flavour) ([]component, error) {
	all, err := t.components(ctx)
	if err != nil {
		return nil, err
	}
	other := map[flavour]string{static: inDynamicEngine, dynamic: inStaticEngine}[f]
	return slices.DeleteFunc(all, func(c component) bool { return c.in == other }), nil
}
