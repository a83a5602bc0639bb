package test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The REPL at a pseudo-terminal, key by key. NO_COLOR keeps colours out of what is compared, but where they are what is tried.

const (
	enter = "\r"
	tab   = "\t"
	up    = "\x1b[A"
	ctrlC = "\x03"
	ctrlD = "\x04"
	ctrlR = "\x12"
	runs  = "\x1b[?2004l" // what the editor writes when it gives the terminal to what runs
)

var plain = []string{"NO_COLOR=1"}

func startREPL(t *testing.T) *terminal {
	t.Helper()
	x := startTerminal(t, t.TempDir(), plain, "-q")
	x.shows("cljs.user=> ")
	return x
}

func TestTerminalEvaluatesAndEnds(t *testing.T) {
	for name, end := range map[string]string{"Ctrl-D": ctrlD, "exit": "exit" + enter, "quit": ":cljs/quit" + enter} {
		t.Run(name, func(t *testing.T) {
			x := startREPL(t)
			x.types("(+ 1 41)" + enter)
			x.shows("42\r\n")
			x.shows("cljs.user=> ")
			x.types("(throw (ex-info \"no\" {:a 1}))" + enter)
			x.shows("ExceptionInfo: no {:a 1}")
			x.shows("<repl>:2:9")
			x.shows("cljs.user=> ")
			x.types(end)
			require.Equal(t, 0, x.ends())
		})
	}
}

func TestTerminalBannerNamesVersions(t *testing.T) {
	x := startTerminal(t, t.TempDir(), plain)
	x.shows("Lumo ")
	x.shows("ClojureScript ")
	x.shows("Exit: Control+D or :cljs/quit or exit")
	x.shows("cljs.user=> ")
}

func TestTerminalEditsSeveralLines(t *testing.T) {
	x := startREPL(t)
	x.types("(defn f [x]" + enter)
	x.shows("     #_=>   ") // indented as a body
	x.types("(inc y))")
	x.types(up + "\x01") // the line before, its beginning
	x.types("\x1b[B\x05" + "\x1b[D\x1b[D\x7fx" + enter)
	x.shows("#'cljs.user/f")
	x.shows("cljs.user=> ")
	x.types("(f 1)" + enter)
	x.shows("2\r\n")
	require.Equal(t, "(defn f [x]␋  (inc x))\n(f 1)\n", x.history())
}

func TestTerminalTakesAPastedSessionWithItsPrompts(t *testing.T) {
	x := startREPL(t)
	x.types("\x1b[200~cljs.user=> (+ 1\n     #_=> 2\n     #_=> 39)\x1b[201~" + enter)
	x.shows(runs + "42\r\n")
}

func TestTerminalCompletes(t *testing.T) {
	x := startREPL(t)
	x.types("(reduce-k" + tab)
	x.shows("(reduce-kv")
	x.types(" (fn [n _ v] (+ n v)) 0 {:a 5})" + enter)
	x.shows("5\r\n")
	x.shows("cljs.user=> ")
	x.types("(require '[clojure.string :as st] '[\"path\" :as path])" + enter)
	x.shows("nil")
	x.shows("cljs.user=> ")
	x.types("(st/upper" + tab + " \"abc\")" + enter)
	x.shows("\"ABC\"")
	x.shows("cljs.user=> ")
	x.types("(path/basen" + tab + " \"/a/b\")" + enter)
	x.shows("\"b\"")
	x.shows("cljs.user=> ")
	x.types("(js/Math.sqr" + tab + " 49)" + enter)
	x.shows("7\r\n")
	x.shows("cljs.user=> ")
	x.types("{:some-key 1}" + enter)
	x.shows("{:some-key 1}\r\n")
	x.shows("cljs.user=> ")
	x.types(":some-k" + tab + enter)
	x.shows(":some-key\r\n")
	x.shows("cljs.user=> ")
	x.types("(update-" + tab + tab)
	x.shows("update-in")
	x.shows("update-keys")
	x.shows("update-vals")
}

func TestTerminalRemembers(t *testing.T) {
	home := t.TempDir()
	first := startTerminal(t, home, plain, "-q")
	first.shows("cljs.user=> ")
	first.types("(str \"one\")" + enter + "(str \"two\")" + enter + ctrlD)
	require.Equal(t, 0, first.ends())

	second := startTerminal(t, home, plain, "-q")
	second.shows("cljs.user=> ")
	second.types(up + up + enter)
	second.shows(runs + "\"one\"")
	second.shows("cljs.user=> ") // keys before it would meet the terminal's own editing
	second.types(ctrlR + "two")
	second.shows("search `two': (str \"two\")")
	second.types(enter)
	second.shows(runs + "\"two\"")
}

func TestTerminalInterrupts(t *testing.T) {
	x := startREPL(t)
	x.types("(do (println \"begun\") (loop [] (recur)))" + enter)
	x.shows(runs + "begun\r\n")
	x.types(ctrlC)
	x.shows("interrupted\r\n")
	x.shows("cljs.user=> ")
	x.types("(await (js/Promise. (fn [] (js/setImmediate #(println \"waiting\")))))" + enter)
	x.shows(runs + "waiting\r\n") // so the wait has begun
	x.types(ctrlC)
	x.shows("interrupted\r\n")
	x.shows("cljs.user=> ")
	x.types("(unfinished" + ctrlC)
	x.shows("cljs.user=> ")
	x.types("(await (js/Promise.resolve :alive))" + enter)
	x.shows(runs + ":alive\r\n")
}

func TestTerminalShowsWhatIsPrintedMeanwhileAboveTheText(t *testing.T) {
	x := startREPL(t)
	x.types("(def go (js/setImmediate #(js/setImmediate (fn [] (println \"meanwhile\")))))" + enter)
	x.shows("meanwhile\r\n")
	x.shows("cljs.user=> ")
	x.types("(+ 2 3)" + enter)
	x.shows("5\r\n")
	x.shows("cljs.user=> ")
}

func TestTerminalColours(t *testing.T) {
	x := startTerminal(t, t.TempDir(), nil, "-q")
	x.shows("\x1b[1;34mcljs.user=> \x1b[0m")
	x.types("[1 :a \"s\"]")
	x.shows("\x1b[7m[\x1b[27m1 :a \"s\"]") // the bracket that the last one matches
	x.types(enter)
	x.shows("[\x1b[36m1\x1b[0m \x1b[35m:a\x1b[0m \x1b[32m\"s\"\x1b[0m]")
}

func TestDumbTerminalHasNoEditor(t *testing.T) {
	x := startTerminal(t, t.TempDir(), nil, "-q", "-d")
	x.shows("cljs.user=> ")
	x.types("(+ 1\n41)\n")
	x.shows("#_=> ")
	x.shows("42\r\ncljs.user=> ")
	require.NotContains(t, x.seen.String(), "\x1b")
	x.types(ctrlD)
	require.Equal(t, 0, x.ends())
}
