package test

import (
	"archive/zip"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the scripts' expected output with what is printed now")

// The scripts are what a user could type. Beside testscript's own commands there is
//
//	exits STATUS program [args…]    run the program, which must exit with the status
//	jar FILE FOLDER                 pack what is in the folder into a JAR
//
// those for servers (serverCommands), the conditions [deps], that test/deps.json has been fetched, and [aws], that moto is here, and the variables $ROOT
// (of the source tree), $ARCH and $TESTDEPS. The programs lumo and lumo-lambda are
// those of dist/.

func TestLumo(t *testing.T)       { runScripts(t, "lumo") }
func TestLumoLambda(t *testing.T) { runScripts(t, "lambda") }

func runScripts(t *testing.T, folder string) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script", folder),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		ContinueOnError:     true,
		Setup: func(env *testscript.Env) error {
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			env.Setenv("PATH", layerDir+string(filepath.ListSeparator)+dist+string(filepath.ListSeparator)+os.Getenv("PATH"))
			env.Setenv("ROOT", root)
			env.Setenv("ARCH", filepath.Base(layerDir))
			env.Setenv("TESTDEPS", filepath.Join(root, ".cache", "testdeps"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CACHE_HOME", cache) // where the genuine emulator is kept
			env.Setenv("LUMO_RIE", os.Getenv("LUMO_RIE"))
			return nil
		},
		Cmds:      commands(),
		Condition: condition,
	})
}

func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	all := maps.Clone(serverCommands)
	all["exits"], all["jar"], all["aws"] = exits, jar, awsCommand
	return all
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exited with status %d, want %d\n[stdout]\n%s\n[stderr]\n%s", args[1], got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func jar(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jar FILE FOLDER")
	}
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	out, err := os.Create(file)
	ts.Check(err)
	defer out.Close()
	z := zip.NewWriter(out)
	ts.Check(z.AddFS(os.DirFS(ts.MkAbs(args[1]))))
	ts.Check(z.Close())
}

// condition is [deps] or [aws]: the dependencies of the tests are here. In CI they must be.
func condition(name string) (bool, error) {
	folder, ok := map[string]string{"deps": "testdeps", "aws": "aws/moto"}[name]
	if !ok {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	_, err := os.Stat(filepath.Join(root, ".cache", folder))
	if err != nil && os.Getenv("CI") == "true" {
		return false, errors.New("the dependencies of the tests are missing: run `go run ./build deps` first")
	}
	return err == nil, nil
}
