package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// aFunction is the files of a function that tells what it finds when it starts, by a module that knows some of it from when it
// was loaded.
func aFunction(changes map[string]string) map[string]string {
	files := map[string]string{
		"src/my_app/core.cljs": `(ns my-app.core
  (:require ["know" :as know]
            [clojure.zip]
            [my-app.twice :refer [twice]]))

(defn handler [{:keys [event]}]
  (case (get event "do")
    "fail"  (throw (ex-info "as asked" {:n 1}))
    "fetch" (know/fetch (get event "url"))
    {:compiler (some? (js/goog.getObjectByName "cljs.analyzer"))
     :loaded   know/loaded
     :random   (js/Math.random)
     :uuid     (know/uuid)
     :now      (js/Date.now)
     :table    (.. js/process -env -TABLE)
     :twice    (twice 21)
     :same     (identical? know (js/require "know"))}))
`,
		"src/my_app/twice.cljc": `(ns my-app.twice)
(defmacro plus [a b] (list '+ a b))
(defn twice [x] (plus x x))
`,
		"node_modules/know/index.js": `
const crypto = require('crypto');
const http = require('http');
const agent = new http.Agent({ keepAlive: false });
exports.loaded = process.pid;
exports.uuid = () => crypto.randomUUID();
exports.fetch = (url) => new Promise((resolve, reject) => {
  http.get(url, { agent }, (response) => {
    let text = '';
    response.on('data', (d) => (text += d)).on('end', () => resolve(text));
  }).on('error', reject);
});
`,
	}
	for name, text := range changes {
		files[name] = text
	}
	return files
}

func layOut(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return folder
}

// packaged runs lumo-lambda package, and returns what it has to say.
func packaged(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join("..", "dist", "lumo-lambda"), append([]string{"package"}, args...)...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "lumo-lambda package %s: %s", strings.Join(args, " "), out)
	return string(out)
}

func startPackaged(t *testing.T, function string, env map[string]string) *started {
	t.Helper()
	return lambda{emulator.BuiltIn}.start(t, function, "my-app.core/handler", func(cfg *emulator.Config) { cfg.Env = env })
}

// told is what the function tells.
type told struct {
	Compiler, Same bool
	Loaded, Twice  int
	Random, Now    float64
	UUID, Table    string
}

func toldBy(t *testing.T, s *started) (v told) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(s.answer(t, "{}")), &v))
	return v
}

func TestPackagedFunctionHasNoCompiler(t *testing.T) {
	zip := filepath.Join(t.TempDir(), "function.zip")
	folder := layOut(t, aFunction(nil))
	assert.Empty(t, packaged(t, folder, "-o", zip))

	s := startPackaged(t, zip, nil)
	v := toldBy(t, s)
	assert.False(t, v.Compiler)
	assert.Equal(t, 42, v.Twice)
	f := s.fault(t, `{"do":"fail"}`)
	assert.Equal(t, "as asked", f.ErrorMessage)
	line := lineOf(t, filepath.Join(folder, "src/my_app/core.cljs"), "as asked")
	require.NotEmpty(t, f.StackTrace)
	assert.Contains(t, f.StackTrace[0], fmt.Sprintf("src/my_app/core.cljs:%d:", line))
	assert.NotContains(t, s.closedLog(t), "WARN")

	assert.True(t, toldBy(t, startPackaged(t, zip, map[string]string{"LUMO_START": "source"})).Compiler, "the user may choose")
}

func TestPackagedFunctionBringsLibrariesThatAreJavaScript(t *testing.T) {
	folder := layOut(t, map[string]string{
		"src/my_app/core.cljs": `(ns my-app.core
  (:require [cljs.core.async :refer [go <! timeout]]
            [cognitect.transit :as transit]
            [own.sum :as sum]
            [shout])
  (:import [goog.structs PriorityQueue]))

(defn handler [_]
  (go (<! (timeout 1))
    {:compiler (some? (js/goog.getObjectByName "cljs.analyzer"))
     :transit  (transit/write (transit/writer :json) {:a :b})
     :sum      (sum/of 1 2)
     :shout    (js/shout "a")
     :first    (.dequeue (doto (PriorityQueue.) (.enqueue 2 "b") (.enqueue 1 "a")))}))
`,
		"src/own/sum.js":      "goog.module('own.sum');\nconst math = goog.require('goog.math');\nexports.of = (...all) => math.sum(...all);\n",
		"src/deps.cljs":       `{:foreign-libs [{:file "vendor/shout.js" :provides ["shout"]}]}`,
		"src/vendor/shout.js": "var shout = (text) => text.toUpperCase();\n",
	})
	assert.Empty(t, packaged(t, folder, "--in-place"))
	s := startPackaged(t, folder, nil)
	assert.JSONEq(t, `{"compiler": false, "transit": "[\"^ \",\"~:a\",\"~:b\"]", "sum": 3, "shout": "A", "first": "a"}`, s.answer(t, "{}"))
}

func TestFunctionEditedAfterItWasPackagedStartsFromSource(t *testing.T) {
	folder := layOut(t, aFunction(nil))
	packaged(t, folder, "--in-place")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "src/my_app/twice.cljc"), []byte("(ns my-app.twice) (defn twice [x] (* 3 x))"), 0o644))
	s := startPackaged(t, folder, nil)
	v := toldBy(t, s)
	assert.Equal(t, 63, v.Twice)
	assert.True(t, v.Compiler)
	assert.Contains(t, s.closedLog(t), "src/my_app/twice.cljc has changed since it was packaged")
}

func TestFunctionThatEvaluatesIsNotPackaged(t *testing.T) {
	folder := layOut(t, map[string]string{"src/my_app/core.cljs": "(ns my-app.core)\n(defn handler [_] (eval '(+ 1 2)))"})
	assert.Contains(t, packaged(t, folder, "--in-place"), "namespace my-app.core uses eval, which needs the compiler")
	assert.Equal(t, "3", startPackaged(t, folder, nil).answer(t, "{}"))
}

// Two starts of one snapshot: what was made when it was built is the same in both, and all that has to differ does.
func TestStartsOfASnapshotHaveTheirOwnRandomNumbersTimeAndEnvironment(t *testing.T) {
	folder := layOut(t, aFunction(nil))
	assert.Empty(t, packaged(t, folder, "--in-place", "--snapshot"))

	a := toldBy(t, startPackaged(t, folder, map[string]string{"TABLE": "orders"}))
	b := toldBy(t, startPackaged(t, folder, map[string]string{"TABLE": "customers"}))
	assert.False(t, a.Compiler)
	assert.Equal(t, a.Loaded, b.Loaded, "the module was loaded once, when the snapshot was built")
	assert.True(t, a.Same, "require gives the module of the snapshot")
	assert.NotEqual(t, a.Random, b.Random)
	assert.NotEqual(t, a.UUID, b.UUID)
	assert.NotEqual(t, a.Now, b.Now)
	assert.Equal(t, "orders", a.Table)
	assert.Equal(t, "customers", b.Table)
}

func TestWhatASnapshotCannotHoldWorksAfterTheRestore(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "from the server") }))
	defer server.Close()
	folder := layOut(t, aFunction(nil))
	packaged(t, folder, "--in-place", "--snapshot")
	s := startPackaged(t, folder, nil)
	assert.Equal(t, `"from the server"`, s.answer(t, fmt.Sprintf(`{"do":"fetch","url":%q}`, server.URL)))
}

func TestSnapshotIsRefusedWithItsReason(t *testing.T) {
	module := func(text string) map[string]string {
		return aFunction(map[string]string{
			"node_modules/bad/index.js": text, "src/my_app/twice.cljc": `(ns my-app.twice (:require ["bad"])) (defn twice [x] (* 2 x))`,
		})
	}
	for _, c := range []struct{ name, module, reason string }{
		{"a variable that Lambda sets", "exports.region = process.env.AWS_REGION;", "node_modules/bad/index.js reads AWS_REGION"},
		{"the whole environment", "exports.env = { ...process.env };", "node_modules/bad/index.js reads the whole environment"},
		{"a random number", "exports.id = Math.random();", "node_modules/bad/index.js asks for random"},
		{"a random number, swallowed", "try { require('crypto').randomUUID() } catch {}", "node_modules/bad/index.js asks for randomUUID"},
		{"a timer", "setInterval(() => {}, 1000);", "it still waits for something (Timeout)"},
		{"a connection", "require('http').get('http://127.0.0.1:1/').on('error', () => {});", "http.get is used while the function is loaded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := layOut(t, module(c.module))
			said := packaged(t, folder, "--in-place", "--snapshot")
			assert.Contains(t, said, c.reason)
			assert.Contains(t, said, "packaged and starts without one")
		})
	}
}

func TestSnapshotIsNotUsedInAnotherEnvironment(t *testing.T) {
	folder := layOut(t, aFunction(map[string]string{
		"src/my_app/twice.cljc": `(ns my-app.twice) (def factor (js/parseInt (or (.. js/process -env -FACTOR) "2"))) (defn twice [x] (* factor x))`,
	}))
	packaged(t, folder, "--in-place", "--snapshot", "--env", "FACTOR=3")
	assert.Equal(t, 63, toldBy(t, startPackaged(t, folder, map[string]string{"FACTOR": "3"})).Twice)

	s := startPackaged(t, folder, map[string]string{"FACTOR": "4"})
	v := toldBy(t, s)
	assert.Equal(t, 84, v.Twice)
	assert.False(t, v.Compiler)
	assert.Contains(t, s.closedLog(t), "FACTOR, which it read while it was loaded")
}
