package runtimeapi

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// Whatever the API sends: it is read the same however it arrives, and what of it goes into our next request cannot break that.
func FuzzReadResponse(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.1 100 x\r\n\r\nHTTP/1.0 500 x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a b/c?d#\xc3\xa9%41\r\nLambda-Runtime-Invocation-Id: \x01\xff x\r\n" +
			"Lambda-Runtime-Deadline-Ms: 1767225600123\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: ..\nlambda-runtime-deadline-ms: -9223372036854775808\nConnection: x, close\n\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole, err1 := readResponse(bufio.NewReader(bytes.NewReader(raw)))
		slow, err2 := readResponse(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(raw))))
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("it depends on how the bytes arrive: %v, %v", err1, err2)
		}
		if err1 != nil {
			return
		}
		if whole.status != slow.status || !bytes.Equal(whole.body, slow.body) || whole.keep != slow.keep {
			t.Fatalf("it depends on how the bytes arrive: %v, %v", whole, slow)
		}
		if whole.status < 200 || whole.status > 999 {
			t.Fatalf("status %d", whole.status)
		}
		if inv, err := newInvocation(whole); err == nil {
			checkPost(t, inv)
		}
	})
}

// checkPost has another implementation read the request that answers an invocation.
func checkPost(t *testing.T, inv *Invocation) {
	t.Helper()
	req := &request{method: "POST", path: invocationPath(inv, "response"), body: []byte("1")}
	if inv.id != "" {
		req.fields = append(req.fields, field{headerInvocationID, safeField(inv.id)})
	}
	head := req.head("host:1")
	checkHead(t, string(head))
	got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(head, '1'))))
	if err != nil {
		t.Fatalf("the answer's head is no request: %v\n%q", err, head)
	}
	id := strings.TrimSuffix(strings.TrimPrefix(got.URL.EscapedPath(), base+"/invocation/"), "/response")
	if plain, err := url.PathUnescape(id); err != nil || plain != inv.RequestID || strings.Contains(id, "/") {
		t.Fatalf("the answer is to %q, want %q", id, inv.RequestID)
	}
	if len(got.Header) > 3 {
		t.Fatalf("a header was smuggled in: %v", got.Header)
	}
}

// checkHead fails where a line of a request's head holds what no line may.
func checkHead(t *testing.T, head string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("line %d of the head is not safe: %q", i, line)
		}
	}
}

// Any error becomes JSON within the limit, a head of ASCII, and a type that the platform lets pass, in each of the forms in
// which it is sent.
func FuzzReport(f *testing.F) {
	f.Add("Runtime.X", []byte(`{"errorMessage":"m"}`))
	f.Add("é\n", []byte("\xff\x00"))
	f.Add("", []byte(`["a\u2028"]`))
	f.Add("Function.\x7f", []byte(`{"errorMessage":7,"stackTrace":[null]}`))
	f.Add("a\r\nX-Evil: 1", []byte("{\"a\":\"\U0001f600\x7f\"}"))
	f.Fuzz(func(t *testing.T, errorType string, body []byte) {
		r := reportOf(reporter{Report{Type: errorType, Body: body, XRayCause: body}})
		for _, r := range []Report{r, r.minimal(), reportOf(NewReport(errorType, string(body), string(body)))} {
			if !json.Valid(r.Body) || len(r.Body) > maxReport {
				t.Fatalf("body of %d bytes: %.100q", len(r.Body), r.Body)
			}
			req := r.request("/x")
			req.method = "POST"
			head := string(req.head("host"))
			checkHead(t, head)
			if _, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head))); err != nil {
				t.Fatalf("no request: %v\n%q", err, head)
			}
		}
		if got := headerType(errorType); !platformFilter.MatchString(got) || headerType(got) != got {
			t.Fatalf("%q does not pass the filter, or not unchanged", got)
		}
		cause := headerJSON(body)
		if cause == "" {
			return
		}
		after, err := value([]byte(cause))
		if err != nil || len(cause) > maxXRayCause {
			t.Fatalf("cause is no JSON (%v), or %d bytes", err, len(cause))
		}
		if before, err := value(body); err == nil && utf8.Valid(body) {
			want, _ := json.Marshal(before)
			if got, _ := json.Marshal(after); !bytes.Equal(got, want) {
				t.Fatalf("cause says something else:\n%s\n%s", got, want)
			}
		}
	})
}

// value reads JSON whose numbers may be larger than Go's.
func value(text []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return v, err
}
