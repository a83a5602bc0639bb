package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// finding is what one check of doctor's found.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warning or failure
	Text   string `json:"text"`
	Mend   string `json:"mend,omitempty"` // what to do
}

const (
	fine    = "ok"
	warning = "warning"
	failure = "failure"
)

// patient is what doctor looks at.
type patient struct {
	folder    string
	lumoLayer string
	lumo      string // empty where there is none
}

func runDoctor(ctx context.Context, s streams, args []string) error {
	flags := newFlags("doctor")
	lumoLayer := lumoLayerFlag(flags)
	asJSON := jsonFlag(flags)
	folder, err := parseFolder(flags, args, s.out)
	if err != nil {
		return err
	}
	p := &patient{folder: folder, lumoLayer: *lumoLayer}
	var findings []finding
	sick := false
	for _, check := range []func(context.Context, *patient) []finding{
		checkLayer, checkLumo, checkEmulator, checkFunction, checkAddons, checkCredentials, checkPort,
	} {
		for _, f := range check(ctx, p) {
			findings = append(findings, f)
			sick = sick || f.Status == failure
			if !*asJSON {
				printFinding(s, f)
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if *asJSON {
		if err := printJSON(s.out, map[string]any{"findings": findings, "healthy": !sick}); err != nil {
			return err
		}
	}
	if sick {
		return errFunction
	}
	return nil
}

func printFinding(s streams, f finding) {
	p := colours(s.out)
	mark := map[string]string{fine: p.green("ok"), warning: p.yellow("warning"), failure: p.red("failure")}[f.Status]
	fmt.Fprintf(s.out, "%s: %s: %s\n", mark, f.Check, f.Text)
	if f.Mend != "" {
		fmt.Fprintf(s.out, "    %s\n", f.Mend)
	}
}

func one(check, status, text, mend string) []finding {
	return []finding{{check, status, text, mend}}
}

func checkLayer(_ context.Context, p *patient) []finding {
	const check = "layer"
	layer, err := findLumoLayer(p.lumoLayer)
	if err != nil {
		return one(check, failure, err.Error(), "`make layer` in the source tree makes it; or name one with --lumo-layer or LUMO_LAYER")
	}
	return one(check, fine, layer, "")
}

// checkLumo runs the interpreter's own check, which tries what a C library or a kernel can break.
func checkLumo(ctx context.Context, p *patient) []finding {
	const check = "lumo"
	lumo, err := lumoOf(ctx, p.lumoLayer)
	if err != nil {
		return one(check, failure, err.Error(), "make the layer anew: `make layer`")
	}
	said, err := exec.CommandContext(ctx, lumo, "-V").CombinedOutput()
	if err != nil {
		return one(check, failure, fmt.Sprintf("%s does not start: %v: %s", lumo, err, bytes.TrimSpace(said)), "is it of this machine's architecture? `make layer` makes it")
	}
	p.lumo = lumo
	if out, err := exec.CommandContext(ctx, lumo, "--selfcheck").CombinedOutput(); err != nil {
		return one(check, failure, fmt.Sprintf("lumo --selfcheck failed: %s", bytes.TrimSpace(out)), "run it yourself: "+lumo+" --selfcheck")
	}
	return one(check, fine, fmt.Sprintf("%s; it passes its own check", bytes.TrimSpace(said)), "")
}

// checkEmulator starts a sandbox for nothing, to see whether functions get Lambda's file system here.
func checkEmulator(ctx context.Context, _ *patient) []finding {
	var findings []finding
	if path := os.Getenv("LUMO_RIE"); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			findings = append(findings, finding{"emulator", failure, "LUMO_RIE names no program that can be run: " + path, "unset LUMO_RIE, and it is fetched"})
		}
	} else if _, err := exec.LookPath("python3"); err != nil {
		findings = append(findings, finding{"emulator", warning, "there is no python3, which fetches AWS's own emulator; the built-in one serves", "install Python 3 with pip for --emulator=rie"})
	}
	if why := emulator.Sandboxed(ctx); why != nil {
		findings = append(findings, finding{"sandbox", warning, fmt.Sprintf("functions run in place here, not under /var/task and /opt: %v", why),
			"allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or be root"})
	} else {
		findings = append(findings, finding{"sandbox", fine, "functions get Lambda's file system: /var/task, /opt, an empty /tmp", ""})
	}
	return findings
}

func checkFunction(_ context.Context, p *patient) []finding {
	const check = "function"
	f, err := openFunction(p.folder)
	if err != nil {
		return one(check, failure, err.Error(), "")
	}
	defer f.close()
	set, err := f.settings()
	if err != nil {
		return one(check, failure, err.Error(), "mend "+settingsFile)
	}
	if set.Handler == "" {
		handler, err := f.onlyHandler()
		if err != nil {
			return one(check, warning, err.Error(), "make a function: lumo-lambda new hello app; or name its folder: lumo-lambda doctor FOLDER")
		}
		set.Handler = handler
	}
	ns, _, _ := strings.Cut(set.Handler, "/")
	file := strings.NewReplacer(".", "/", "-", "_").Replace(ns)
	for _, name := range []string{file + ".cljs", file + ".cljc", "src/" + file + ".cljs", "src/" + file + ".cljc"} {
		if f.has(name) {
			return one(check, fine, fmt.Sprintf("the handler %s is in %s", set.Handler, filepath.Join(p.folder, name)), "")
		}
	}
	if len(set.Layers) > 0 {
		return one(check, warning, fmt.Sprintf("the handler %s is not in %s; it may be in one of the layers", set.Handler, p.folder), "")
	}
	return one(check, failure, fmt.Sprintf("the handler is %s, but there is no %s.cljs in %s or its src", set.Handler, file, p.folder),
		"a namespace my-app.core is in src/my_app/core.cljs; dashes are underscores there")
}

// checkAddons looks for native addons, which the static layer cannot load.
func checkAddons(ctx context.Context, p *patient) []finding {
	var addons []string
	err := filepath.WalkDir(filepath.Join(p.folder, "node_modules"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() && filepath.Ext(path) == ".node" {
			addons = append(addons, path)
		}
		return ctx.Err()
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return one("npm", failure, err.Error(), "")
	}
	if len(addons) == 0 {
		return nil
	}
	return one("npm", warning, fmt.Sprintf("%d native addons, which the static layer does not load; the first: %s", len(addons), addons[0]),
		"where the function needs them: `make layer ENGINE=dynamic`, and --lumo-layer dist/lumo-lambda-dynamic-x86_64.zip")
}

// checkCredentials says what deploy would find; it asks nobody.
func checkCredentials(context.Context, *patient) []finding {
	const check = "aws"
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	for _, source := range []struct {
		text  string
		there bool
	}{
		{"AWS_ACCESS_KEY_ID", os.Getenv("AWS_ACCESS_KEY_ID") != ""},
		{"AWS_PROFILE", os.Getenv("AWS_PROFILE") != ""},
		{"AWS_WEB_IDENTITY_TOKEN_FILE", os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != ""},
		{filepath.Join(home, ".aws"), exists(filepath.Join(home, ".aws", "credentials")) || exists(filepath.Join(home, ".aws", "config"))},
	} {
		if source.there {
			return one(check, fine, "credentials: "+source.text, "")
		}
	}
	return one(check, warning, "no credentials of AWS here; deploy, layer publish and logs need them",
		"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// checkPort sees whether dev can have its port.
func checkPort(ctx context.Context, _ *patient) []finding {
	const check = "dev"
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", defaultAddress)
	if err != nil {
		return one(check, warning, fmt.Sprintf("dev's address is taken: %v", err), "another: lumo-lambda dev --address 127.0.0.1:3001")
	}
	listener.Close()
	return one(check, fine, "http://"+defaultAddress+" is free", "")
}
