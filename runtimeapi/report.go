package runtimeapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// The limits of an error. The API of managed instances refuses a body over 1 MiB and then lets the invocation time out;
// X-Ray takes 64 KiB and the API's server refuses headers over 1 MiB.
const (
	maxReport    = 256 << 10
	maxXRayCause = 64 << 10
)

// Report is an error as the API takes it.
type Report struct {
	// Type is free text; what the API's filter would drop is made to pass it. The errorType in Body is what a caller sees.
	Type string

	// Body is the JSON {"errorMessage","errorType","stackTrace":[string]}. What is not JSON is wrapped, what is too
	// long is cut.
	Body []byte

	// XRayCause is the JSON of X-Ray's cause format, nil for none.
	XRayCause []byte
}

// Reporter is an error that knows its report.
type Reporter interface {
	error
	Report() Report
}

// NewReport makes an error of the three parts that Lambda knows.
func NewReport(errorType, message string, stack ...string) error {
	return &plainError{errorType, message, stack}
}

type plainError struct {
	errorType, message string
	stack              []string
}

func (e *plainError) Error() string { return e.errorType + ": " + e.message }

func (e *plainError) Report() Report {
	return Report{Type: e.errorType, Body: errorBody{e.message, e.errorType, e.stack}.encode()}
}

// reportOf gives any error's report.
func reportOf(err error) Report {
	if r := Reporter(nil); errors.As(err, &r) {
		report := r.Report()
		report.Body = fit(report.Type, report.Body, maxReport)
		return report
	}
	return reportOf(NewReport("Runtime.Unknown", err.Error()))
}

// errorBody is the error object of the API's documentation.
type errorBody struct {
	Message string   `json:"errorMessage"`
	Type    string   `json:"errorType"`
	Stack   []string `json:"stackTrace"`
}

func (b errorBody) encode() []byte {
	if b.Stack == nil {
		b.Stack = []string{} // the documentation's array, not null
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // it is read by people
	if err := enc.Encode(b); err != nil {
		panic("bug: an error made of strings is not JSON: " + err.Error())
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// fit gives a body that is a JSON value of at most limit bytes: body itself where it is one.
func fit(errorType string, body []byte, limit int) []byte {
	valid := json.Valid(body)
	if valid && len(body) <= limit {
		return body
	}
	b := errorBody{Message: string(body), Type: errorType}
	if valid {
		var parts errorBody
		if err := json.Unmarshal(body, &parts); err == nil {
			b = parts
		}
	}
	for share := limit / 2; ; share /= 2 { // how long a text gets in JSON depends on what is in it
		if body = b.shorten(share).encode(); len(body) <= limit {
			return body
		}
	}
}

// shorten leaves at most share bytes of the message, half of that of the stack, and a type that is a name.
func (b errorBody) shorten(share int) errorBody {
	b.Message = cut(b.Message, share)
	b.Type = cut(b.Type, min(share, 256))
	left := share / 2
	for i, frame := range b.Stack {
		if left -= len(frame) + 3; left < 0 {
			b.Stack = append(b.Stack[:i:i], "… (cut)")
			break
		}
	}
	return b
}

// cut shortens a string between two characters, and says so.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "… (cut)"
}

// minimal is the error that is sent when the real one was refused.
func (r Report) minimal() Report {
	errorType := headerType(r.Type)
	return Report{
		Type: errorType,
		Body: errorBody{Message: "The error itself could not be reported; it is in the log.", Type: errorType}.encode(),
	}
}

// headerType makes a type pass the platform's filter, (Runtime|Function)\.[A-Z][a-zA-Z]+, which turns what does not
// pass into Unknown. A language's own type, "cljs.core/ExceptionInfo" say, is known by its last word.
func headerType(t string) string {
	category, name := "Function", t
	for _, known := range []string{"Runtime", "Function"} {
		if rest, found := strings.CutPrefix(t, known+"."); found {
			category, name = known, rest
		}
	}
	name = name[strings.LastIndexAny(name, "./$")+1:]
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, name)
	if len(letters) < 2 {
		return category + ".Unknown"
	}
	return category + "." + strings.ToUpper(letters[:1]) + cutName(letters[1:])
}

// cutName keeps a name within what a header and a metric can bear.
func cutName(s string) string { return s[:min(len(s), 100)] }

// headerJSON makes JSON safe for a header: one line of ASCII. It gives "" for what is not JSON or too long.
func headerJSON(b []byte) string {
	if !json.Valid(b) {
		return ""
	}
	var out strings.Builder
	for _, r := range string(b) {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			// Inside a string JSON has them escaped, so here they are layout.
		case r >= ' ' && r <= '~':
			out.WriteRune(r)
		default:
			escapeUnit(&out, r)
		}
	}
	if out.Len() > maxXRayCause {
		return ""
	}
	return out.String()
}

// escapeUnit writes a character as JSON's \u, in two halves where it takes two.
func escapeUnit(out *strings.Builder, r rune) {
	unit := func(u rune) {
		const hex = "0123456789abcdef"
		out.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			out.WriteByte(hex[u>>shift&0xf])
		}
	}
	if r >= 0x10000 {
		r -= 0x10000
		unit(0xd800 + r>>10)
		unit(0xdc00 + r&0x3ff)
		return
	}
	unit(r)
}

// unsafeInHead is true for what would end or bend a line of a request's head.
func unsafeInHead(r rune) bool { return r <= ' ' || r >= 0x7f }

// safeField makes a value that came from the API safe to send back. Spaces inside are legal.
func safeField(s string) string {
	return strings.Map(func(r rune) rune {
		if r != ' ' && unsafeInHead(r) {
			return -1
		}
		return r
	}, s)
}
