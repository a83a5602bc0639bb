package dev

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// Event makes the event of a request, payload version 2.0, at the given time.
func Event(r *http.Request, id string, now time.Time) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, emulator.MaxEvent+1))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = r.RemoteAddr
	}
	prefix, _, _ := strings.Cut(host, ".")
	e := events.APIGatewayV2HTTPRequest{
		Version:               "2.0",
		RouteKey:              "$default",
		RawPath:               r.URL.EscapedPath(),
		RawQueryString:        r.URL.RawQuery,
		Headers:               map[string]string{"host": r.Host},
		QueryStringParameters: joined(r.URL.Query()),
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			AccountID: "anonymous", APIID: prefix, DomainName: host, DomainPrefix: prefix,
			RouteKey: "$default", Stage: "$default", RequestID: id,
			Time: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: r.URL.EscapedPath(), Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent(),
			},
		},
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			e.Cookies = cookies(values)
			continue
		}
		e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	e.Headers["x-forwarded-for"] = source
	e.Headers["x-forwarded-proto"] = "http"
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		e.Headers["x-forwarded-port"] = port
	}
	e.Body = string(body)
	if len(body) > 0 && !isText(r.Header, body) {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("make the event: %w", err)
	}
	return text, nil
}

// joined has several values of a name as one, with commas.
func joined(values map[string][]string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	all := map[string]string{}
	for name, of := range values {
		all[name] = strings.Join(of, ",")
	}
	return all
}

func cookies(headers []string) []string {
	var all []string
	for _, header := range headers {
		for _, cookie := range strings.Split(header, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				all = append(all, cookie)
			}
		}
	}
	return all
}

// isText says whether a body goes into the event as text; all else is in base64.
func isText(header http.Header, body []byte) bool {
	if header.Get("Content-Encoding") != "" || !utf8.Valid(body) {
		return false
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded":
		return true
	}
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml")
}
