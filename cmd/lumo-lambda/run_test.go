package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// The test binary is also the emulator's sandbox and, under the name bootstrap, a layer's entry point.
func TestMain(m *testing.M) {
	emulator.Inside()
	if filepath.Base(os.Args[0]) == "bootstrap" {
		if err := fakeBootstrap(); err != nil {
			fmt.Fprintln(os.Stderr, "fake bootstrap:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	os.Exit(m.Run())
}

// fakeBootstrap answers an event with what it knows: handler, event, and some environment.
// An event that holds "fail" is answered with an error.
func fakeBootstrap() error {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			return err
		}
		event, err := io.ReadAll(next.Body)
		next.Body.Close()
		if err != nil {
			return err
		}
		fmt.Println("the function's log")
		end, answer := "/response", fmt.Sprintf(`{"handler":%q,"event":%s,"memory":%q,"timeout":%q,"table":%q,"context":%q}`,
			os.Getenv("_HANDLER"), event, os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), os.Getenv("AWS_LAMBDA_FUNCTION_TIMEOUT"),
			os.Getenv("TABLE"), next.Header.Get("Lambda-Runtime-Client-Context"))
		switch {
		case bytes.Contains(event, []byte("fail")):
			end, answer = "/error", `{"errorType":"Oops","errorMessage":"did not work"}`
		case bytes.Contains(event, []byte("raw")):
			answer = "\xff\xfe"
		case bytes.Contains(event, []byte("layer")):
			text, _ := os.ReadFile("/opt/extra.txt")
			answer = string(text)
		}
		posted, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+end, "application/json", strings.NewReader(answer))
		if err != nil {
			return err
		}
		posted.Body.Close()
	}
}

// lumoLambda runs the arguments as a command line.
func lumoLambda(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(stdin), &out, &err)
	return status, out.String(), err.String()
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func useFakeLayer(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := os.ReadFile(self)
	require.NoError(t, err)
	layer := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(layer, "bootstrap"), text, 0o755))
	t.Setenv("LUMO_LAYER", layer)
}

const helloSource = "(ns hello.core)\n\n(defn handler [m] m)\n"

func TestInvokePrintsTheAnswerAndTheLogApart(t *testing.T) {
	useFakeLayer(t)
	hello := folder(t, map[string]string{"src/hello/core.cljs": helloSource})
	status, stdout, stderr := lumoLambda(t, "", "invoke", hello, "-e", `{"name":"Lisp"}`, "-emulator=built-in")
	require.Zero(t, status, stderr)
	assert.Equal(t, `{"handler":"hello.core/handler","event":{"name":"Lisp"},"memory":"512","timeout":"30","table":"","context":""}`+"\n", stdout)
	assert.Contains(t, stderr, "the function's log\n")
	assert.Contains(t, stderr, "REPORT RequestId: ")
}

func TestEventComesFromTheFlagAFileOrStandardInput(t *testing.T) {
	useFakeLayer(t)
	hello := folder(t, map[string]string{"hello/core.cljs": helloSource, "event.json": "[1,\n2]"})
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"none":           {nil, `"event":{},`},
		"flag":           {[]string{"-e", "7"}, `"event":7,`},
		"file":           {[]string{"-f", filepath.Join(hello, "event.json")}, "\"event\":[1,\n2],"},
		"standard input": {[]string{"-f", "-"}, `"event":"from stdin",`},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := lumoLambda(t, `"from stdin"`, append([]string{"invoke", "--emulator", "built-in", hello}, c.args...)...)
			require.Zero(t, status, stderr)
			assert.Contains(t, stdout, c.want)
		})
	}
}

func TestSettingsFileIsReadAndFlagsWin(t *testing.T) {
	useFakeLayer(t)
	function := folder(t, map[string]string{
		"lumo-lambda.json": `{"handler":"a.b/c","memory":256,"timeout":9,"layers":["extra"],"environment":{"TABLE":"users"}}`,
		"extra/extra.txt":  "from a layer",
	})
	status, stdout, stderr := lumoLambda(t, "", "invoke", function, "--emulator=built-in", "--client-context", `{"a":1}`)
	require.Zero(t, status, stderr)
	assert.Equal(t, `{"handler":"a.b/c","event":{},"memory":"256","timeout":"9","table":"users","context":"{\"a\":1}"}`+"\n", stdout)

	status, stdout, stderr = lumoLambda(t, "", "invoke", function, "--emulator=built-in", "--handler=x/y", "--memory=1024", "--timeout=1m", "--env=TABLE=orders=all")
	require.Zero(t, status, stderr)
	assert.Equal(t, `{"handler":"x/y","event":{},"memory":"1024","timeout":"60","table":"orders=all","context":""}`+"\n", stdout)

	status, stdout, stderr = lumoLambda(t, "", "invoke", function, "--emulator=built-in", "-e", `"layer"`)
	require.Zero(t, status, stderr)
	assert.Equal(t, "from a layer\n", stdout)

	later := folder(t, map[string]string{"extra.txt": "from a later one\n"})
	status, stdout, stderr = lumoLambda(t, "", "invoke", function, "--emulator=built-in", "-e", `"layer"`, "--layer", later)
	require.Zero(t, status, stderr)
	assert.Equal(t, "from a later one\n", stdout)
}

func TestFunctionErrorIsStatusOneWithTheErrorOnStandardOutput(t *testing.T) {
	useFakeLayer(t)
	hello := folder(t, map[string]string{"hello/core.cljs": helloSource})
	status, stdout, _ := lumoLambda(t, "", "invoke", hello, "--emulator=built-in", "-e", `"fail"`)
	assert.Equal(t, statusFunction, status)
	assert.Equal(t, `{"errorType":"Oops","errorMessage":"did not work"}`+"\n", stdout)
}

func TestBytesThatAreNoTextComeOutUnchanged(t *testing.T) {
	useFakeLayer(t)
	hello := folder(t, map[string]string{"hello/core.cljs": helloSource})
	status, stdout, stderr := lumoLambda(t, "", "invoke", hello, "--emulator=built-in", "-e", `"raw"`)
	require.Zero(t, status, stderr)
	assert.Equal(t, "\xff\xfe", stdout)
}

func TestZippedFunctionIsInvoked(t *testing.T) {
	useFakeLayer(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	f, err := w.Create("my_app/core.cljs")
	require.NoError(t, err)
	_, err = f.Write([]byte("(ns my-app.core)\n(def ^:export handler identity)\n"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	path := filepath.Join(t.TempDir(), "function.zip")
	require.NoError(t, os.WriteFile(path, buf.Bytes(), 0o644))
	status, stdout, stderr := lumoLambda(t, "", "invoke", path, "--emulator=built-in")
	require.Zero(t, status, stderr)
	assert.Contains(t, stdout, `"handler":"my-app.core/handler"`)
}

func TestMistakesGetOneLineThatSaysWhatToDo(t *testing.T) {
	useFakeLayer(t)
	hello := folder(t, map[string]string{"hello/core.cljs": helloSource, "bad.json": "{\n  \"a\": }"})
	two := folder(t, map[string]string{"a/core.cljs": helloSource, "src/b.cljc": helloSource, "node_modules/c.cljs": helloSource})
	none := folder(t, map[string]string{"a.cljs": "(ns a)\n(defn handlers [])\n(defn- handler [])\n"})
	settingsWith := func(text string) string { return folder(t, map[string]string{settingsFile: text}) }
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no command":           {nil, "no command given"},
		"unknown command":      {[]string{"run"}, `unknown command "run"; there are new, invoke, dev, deps, package, event, test, layer, deploy, logs, doctor, completion, version, help`},
		"no folder":            {[]string{"invoke"}, "invoke takes the function's folder"},
		"two folders":          {[]string{"invoke", hello, two}, "got 2 arguments"},
		"missing folder":       {[]string{"invoke", filepath.Join(hello, "none")}, "there is no function in"},
		"no zip":               {[]string{"invoke", filepath.Join(hello, "bad.json")}, "neither a folder nor a zip"},
		"unknown flag":         {[]string{"invoke", hello, "--evnt", "1"}, "flag provided but not defined: -evnt; see: lumo-lambda help invoke"},
		"two events":           {[]string{"invoke", hello, "-e", "1", "-f", "-"}, "not with both"},
		"two kinds of event":   {[]string{"invoke", hello, "-e", "1", "--event", "sqs"}, "not with two of them"},
		"sample event":         {[]string{"invoke", hello, "--event", "fax"}, `there is no sample event "fax"; there are dynamodb-stream, `},
		"concurrency":          {[]string{"invoke", hello, "--concurrency", "0"}, "from 1 to 100"},
		"event not JSON":       {[]string{"invoke", hello, "-e", "{name:1}"}, "the event is not JSON: 1:2: invalid character 'n'"},
		"event file not JSON":  {[]string{"invoke", hello, "-f", filepath.Join(hello, "bad.json")}, "bad.json is not JSON: 2:8: invalid character '}'"},
		"event cut":            {[]string{"invoke", hello, "-e", `{"a":`}, "unexpected end of JSON input"},
		"event file missing":   {[]string{"invoke", hello, "-f", "none.json"}, "the event cannot be read: open none.json: no such file"},
		"event too large":      {[]string{"invoke", hello, "--emulator=built-in", "-f", "-"}, "larger than Lambda's 6 MB"},
		"several handlers":     {[]string{"invoke", two}, "has several handlers: a.core/handler, b/handler; choose one with --handler a.core/handler"},
		"no handler":           {[]string{"invoke", none}, "name yours with --handler"},
		"handler form":         {[]string{"invoke", hello, "--handler", "core.handler"}, "not of the form namespace/function"},
		"emulator":             {[]string{"invoke", hello, "--emulator", "docker"}, "it is auto, rie or built-in"},
		"timeout":              {[]string{"invoke", hello, "--timeout", "1.5"}, "want a number of seconds"},
		"timeout range":        {[]string{"invoke", hello, "--timeout", "901"}, "from 1 to 900"},
		"memory":               {[]string{"invoke", hello, "--memory", "64"}, "Lambda's 128 to 10240"},
		"env":                  {[]string{"invoke", hello, "--env", "TABLE"}, "want NAME=VALUE"},
		"client context":       {[]string{"invoke", hello, "--client-context", "{"}, "client context is not JSON"},
		"layer missing":        {[]string{"invoke", hello, "--layer", "none"}, "there is no layer none"},
		"lumo layer missing":   {[]string{"invoke", hello, "--lumo-layer", "none"}, "--lumo-layer names a layer that is not there: none"},
		"settings not JSON":    {[]string{"invoke", settingsWith("{\n,")}, "lumo-lambda.json:2:1: invalid character ','"},
		"settings unknown key": {[]string{"invoke", settingsWith(`{"ram":1}`)}, `unknown field "ram"; it may hold handler, memory, timeout, layers and environment`},
		"settings timeout":     {[]string{"invoke", settingsWith(`{"timeout":1000}`)}, "from 1 to 900"},
		"no template":          {[]string{"new"}, "new takes a template and a folder"},
		"unknown template":     {[]string{"new", "fax", "app"}, `there is no template "fax". The templates:`},
		"no folder to make":    {[]string{"new", "hello"}, "lumo-lambda new hello app"},
		"folder not empty":     {[]string{"new", "hello", hello, "--name", "app"}, "is there already, and not empty"},
		"function's name":      {[]string{"new", "hello", "My_App"}, `"My_App" is not good as a function's name`},
		"no tests":             {[]string{"test", hello}, "has no tests"},
		"shell":                {[]string{"completion", "csh"}, "bash, zsh, fish"},
		"help of nothing":      {[]string{"help", "dance"}, `unknown command "dance"`},
	} {
		t.Run(name, func(t *testing.T) {
			stdin := ""
			if name == "event too large" {
				stdin = `"` + strings.Repeat("x", emulator.MaxEvent) + `"`
			}
			status, stdout, stderr := lumoLambda(t, stdin, c.args...)
			assert.Equal(t, statusUsage, status)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, c.want)
		})
	}
}

func TestMissingLayerIsTroubleOfTheEnvironment(t *testing.T) {
	t.Setenv("LUMO_LAYER", "")
	hello := folder(t, map[string]string{"hello/core.cljs": helloSource})
	status, _, stderr := lumoLambda(t, "", "invoke", hello)
	assert.Equal(t, statusEnvironment, status)
	assert.Contains(t, stderr, "`make layer` makes it")
}

func TestInterruptedIsStatus130(t *testing.T) {
	useFakeLayer(t)
	hello := folder(t, map[string]string{"hello/core.cljs": helloSource})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status := run(ctx, []string{"invoke", hello, "--emulator=built-in"}, strings.NewReader(""), io.Discard, io.Discard)
	assert.Equal(t, statusInterrupted, status)
}

func TestHelpAndVersionGoToStandardOutput(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"help"}, "usage: lumo-lambda COMMAND"},
		{[]string{"--help"}, "usage: lumo-lambda COMMAND"},
		{[]string{"help", "invoke"}, "usage: lumo-lambda invoke FOLDER"},
		{[]string{"invoke", "-h"}, "usage: lumo-lambda invoke FOLDER"},
		{[]string{"help", "version"}, "usage: lumo-lambda version"},
		{[]string{"version"}, "lumo-lambda " + version},
		{[]string{"--version"}, "lumo-lambda " + version},
	} {
		status, stdout, stderr := lumoLambda(t, "", c.args...)
		assert.Zero(t, status)
		assert.Contains(t, stdout, c.want)
		assert.Empty(t, stderr)
	}
}

func TestErrorsAreJSONWhereThatIsAskedFor(t *testing.T) {
	status, stdout, stderr := lumoLambda(t, "", "invoke", "nowhere", "--json")
	assert.Equal(t, statusUsage, status)
	assert.Empty(t, stdout)
	var said struct {
		Error  string
		Status int
	}
	require.NoError(t, json.Unmarshal([]byte(stderr), &said), stderr)
	assert.Contains(t, said.Error, "there is no function in nowhere")
	assert.Equal(t, statusUsage, said.Status)
}

func TestEachOfSeveralSandboxesAnswers(t *testing.T) {
	useFakeLayer(t)
	hello := folder(t, map[string]string{"hello/core.cljs": helloSource})
	status, stdout, stderr := lumoLambda(t, "", "invoke", hello, "--emulator=built-in", "--concurrency=3", "-e", "7")
	require.Zero(t, status, stderr)
	assert.Equal(t, 3, strings.Count(stdout, `"event":7,`))
}

func TestAnswerAsJSONKeepsWhatIsNoText(t *testing.T) {
	useFakeLayer(t)
	hello := folder(t, map[string]string{"hello/core.cljs": helloSource})
	for event, want := range map[string]string{
		`"raw"`:  `{"payloadBase64":"//4=","functionError":false}`,
		`"fail"`: `{"payload":{"errorType":"Oops","errorMessage":"did not work"},"functionError":true}`,
	} {
		_, stdout, _ := lumoLambda(t, "", "invoke", hello, "--emulator=built-in", "--json", "-e", event)
		assert.JSONEq(t, want, stdout)
	}
}

// Each command explains itself and its flags, to people and to shells.
func TestEveryCommandExplainsAndCompletesItself(t *testing.T) {
	for _, c := range commands() {
		status, stdout, stderr := lumoLambda(t, "", "help", c.name)
		assert.Zero(t, status, "%s: %s", c.name, stderr)
		assert.Contains(t, stdout, "usage: lumo-lambda "+c.name)
		assert.Contains(t, stdout, c.summary)
		_, completed, _ := lumoLambda(t, "", completeCommand, c.name, "-")
		for line := range strings.Lines(stdout) {
			if flag, isFlag := strings.CutPrefix(line, "  -"); isFlag {
				name, _, _ := strings.Cut(strings.TrimSpace(flag), " ")
				assert.Contains(t, completed, "-"+name+"\t", c.name)
			}
		}
	}
}

func TestCompletionKnowsWhatMayFollow(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"inv"}, "invoke\trun a function"},
		{[]string{"new", "htt"}, "http-api\tan HTTP API"},
		{[]string{"completion", ""}, "bash\nzsh\nfish\n"},
		{[]string{"invoke", ""}, ":folders\n"},
		{[]string{"invoke", "app", "--emulator", "b"}, "built-in\n"},
		{[]string{"invoke", "app", "-f", ""}, ":files\n"},
		{[]string{"invoke", "app", "--mem"}, "--memory\t"},
		{[]string{"invoke", "app", "--event", "sq"}, "sqs\n"},
		{[]string{"nothing", "x"}, ""},
	} {
		_, stdout, _ := lumoLambda(t, "", append([]string{completeCommand}, c.words...)...)
		assert.Contains(t, stdout, c.want, "%q", c.words)
	}
}

func TestTextIsColouredOnTerminalsAlone(t *testing.T) {
	assert.Equal(t, "text", colours(&bytes.Buffer{}).red("text"))
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	defer file.Close()
	assert.False(t, isTerminal(file))
	assert.Equal(t, "\x1b[31mtext\x1b[0m", palette{on: true}.red("text"))
}

func TestWhatWasCompiledAheadOfTimeIsDeployed(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"src/app/core.cljs", ".lumo/app.js", ".lumo_cache/0.1.0/default/a.lumo", ".git/HEAD", ".nrepl-port", "test/app/core_test.cljs",
		"other.zip", "lumo-lambda.json", "lib/a.jar"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), nil, 0o644))
	}
	text, err := zipOf(folder)
	require.NoError(t, err)
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	assert.ElementsMatch(t, []string{"src/app/core.cljs", ".lumo/app.js", ".lumo_cache/0.1.0/default/a.lumo", "lib/a.jar"}, names)
}
