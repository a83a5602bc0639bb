package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is also the sandbox and, under the name bootstrap, a function's entry point.
func TestMain(m *testing.M) {
	Inside()
	if filepath.Base(os.Args[0]) == "bootstrap" {
		if err := fakeBootstrap(); err != nil {
			fmt.Fprintln(os.Stderr, "fake bootstrap:", err)
			os.Exit(70)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", raceOptions)
	os.Exit(m.Run())
}

const raceOptions = "atexit_sleep_ms=0"

// order is an event for the fake bootstrap.
type order struct {
	Do   string `json:"do"`
	N    int    `json:"n,omitempty"`
	Text string `json:"text,omitempty"`
}

// post is one answer of the Runtime API, as the fake bootstrap saw it.
type post struct {
	Status int    `json:"status"`
	Type   string `json:"type,omitempty"`
}

// fakeBootstrap does what each event says. INIT in its environment says what to do first.
func fakeBootstrap() error {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	send := func(method, path string, body []byte, headers ...string) (post, http.Header, []byte) {
		req, err := http.NewRequest(method, api+path, bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Fprintln(os.Stderr, "fake bootstrap:", err)
			os.Exit(71)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		var e struct{ ErrorType string }
		json.Unmarshal(text, &e)
		return post{resp.StatusCode, e.ErrorType}, resp.Header, text
	}
	switch os.Getenv("INIT") {
	case "error":
		send("POST", "init/error", []byte(`{"errorType":"Runtime.Init","errorMessage":"no such file"}`))
		os.Exit(1)
	case "exit":
		os.Exit(9)
	case "sleep":
		time.Sleep(time.Hour)
	case "extension":
		api = strings.Replace(api, "2018-06-01/runtime/", "2020-01-01/extension/", 1)
		refused, _, _ := send("POST", "register", []byte(`{"events":["SHUTDOWN"]}`), "Lambda-Extension-Name", "fake")
		taken, header, _ := send("POST", "register", []byte(`{"events":[]}`), "Lambda-Extension-Name", "fake")
		fmt.Println("register:", refused.Status, refused.Type, taken.Status)
		id, events := header.Get("Lambda-Extension-Identifier"), api
		go func() {
			req, _ := http.NewRequest("GET", events+"event/next", nil)
			req.Header.Set("Lambda-Extension-Identifier", id)
			http.DefaultClient.Do(req) // never answered
		}()
		api = strings.Replace(api, "2020-01-01/extension/", "2018-06-01/runtime/", 1)
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, syscall.SIGTERM)
		go func() {
			<-terminated
			fmt.Println("terminated")
			os.Exit(0)
		}()
	}
	for {
		next, header, event := send("GET", "invocation/next", nil)
		if next.Status != http.StatusOK {
			return fmt.Errorf("next: status %d", next.Status)
		}
		id := header.Get("Lambda-Runtime-Aws-Request-Id")
		respond := func(v any) {
			text, err := json.Marshal(v)
			if err != nil {
				panic(err)
			}
			send("POST", "invocation/"+id+"/response", text)
		}
		fail := func() post {
			p, _, _ := send("POST", "invocation/"+id+"/error", []byte(`{"errorType":"Oops","errorMessage":"did not work","stackTrace":[]}`))
			return p
		}
		var o order
		json.Unmarshal(event, &o)
		switch o.Do {
		case "fail":
			fail()
		case "exit":
			os.Exit(o.N)
		case "die":
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		case "answer-and-exit":
			respond("too early")
			os.Exit(0)
		case "fail-and-exit":
			fail()
			os.Exit(1)
		case "exit-later": // after the answer, when it waits for the next event
			cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf("sleep 0.05; kill -9 %d", os.Getpid()))
			if err := cmd.Start(); err != nil {
				return err
			}
			respond("still here")
		case "hang":
			time.Sleep(time.Hour)
		case "large":
			p, _, _ := send("POST", "invocation/"+id+"/response", []byte(`"`+strings.Repeat("x", o.N-2)+`"`))
			fmt.Println("large:", p.Status, p.Type)
		case "bad-mode":
			p, _, _ := send("POST", "invocation/"+id+"/response", []byte(`1`), "Lambda-Runtime-Function-Response-Mode", "odd")
			fmt.Println("bad mode:", p.Status, p.Type)
		case "misuse":
			var posts []post
			for _, r := range [][2]string{
				{"POST", "invocation/none/response"},
				{"POST", "invocation/none/error"},
				{"POST", "init/error"},
				{"PUT", "invocation/next"},
				{"GET", "nothing"},
			} {
				p, _, _ := send(r[0], r[1], []byte(`{}`))
				posts = append(posts, p)
			}
			p, _, again := send("GET", "invocation/next", nil)
			posts = append(posts, p)
			if !bytes.Equal(again, event) {
				return fmt.Errorf("a second next gave %q", again)
			}
			respond(posts)
		case "twice":
			respond("first")
			second, _, _ := send("POST", "invocation/"+id+"/response", []byte(`"second"`))
			third := fail()
			fmt.Println("twice:", second.Status, second.Type, third.Status, third.Type)
		case "environment":
			env := map[string]string{}
			for _, v := range os.Environ() {
				name, value, _ := strings.Cut(v, "=")
				env[name] = value
			}
			respond(env)
		case "headers":
			respond(header)
		case "where":
			dir, _ := os.Getwd()
			respond(map[string]any{"dir": dir, "pid": os.Getpid(), "args": os.Args})
		case "read":
			text, err := os.ReadFile(o.Text)
			if err != nil {
				text = []byte(err.Error())
			}
			respond(string(text))
		case "write":
			err := os.WriteFile(o.Text, []byte("x"), 0o644)
			respond(fmt.Sprint(err))
		case "leave-child":
			cmd := exec.Command("/bin/sh", "-c", "exec sleep 1000")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: o.Text == "apart"}
			cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
			if err := cmd.Start(); err != nil {
				return err
			}
			respond(cmd.Process.Pid)
		case "print":
			fmt.Println("out:", o.Text)
			fmt.Fprintln(os.Stderr, "err:", o.Text)
			respond(nil)
		default:
			send("POST", "invocation/"+id+"/response", event)
		}
	}
}
