package dev

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// writeAnswer writes what a function answered as an HTTP response, by the rules of payload version 2.0. An error means that
// the answer is none that Lambda would understand; nothing has been written then.
func writeAnswer(w http.ResponseWriter, payload []byte) error {
	answer := events.APIGatewayV2HTTPResponse{StatusCode: http.StatusOK}
	body := payload
	switch {
	case isResponse(payload):
		if err := json.Unmarshal(payload, &answer); err != nil {
			return fmt.Errorf("the answer has a statusCode, and is no response of payload version 2.0: %w", err)
		}
		body = []byte(answer.Body)
		if answer.IsBase64Encoded {
			var err error
			if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
				return fmt.Errorf("the answer says that its body is in base64: %w", err)
			}
		}
	default:
		// A value is the body; text stands there without its quotes.
		var text string
		if json.Unmarshal(payload, &text) == nil && !bytes.Equal(bytes.TrimSpace(payload), []byte("null")) {
			body = []byte(text)
		}
	}
	if answer.StatusCode < 100 || answer.StatusCode > 999 {
		return fmt.Errorf("the answer's statusCode is %d", answer.StatusCode)
	}
	writeHead(w, answer.StatusCode, answer.Headers, answer.Cookies)
	w.Write(body) // a client that has gone away is nobody's concern
	return nil
}

// isResponse says whether the payload is an object with a statusCode.
func isResponse(payload []byte) bool {
	var object map[string]json.RawMessage
	if json.Unmarshal(payload, &object) != nil {
		return false
	}
	_, has := object["statusCode"]
	return has
}

// writeHead begins a response. Without a content type it is JSON, as function URLs have it.
func writeHead(w http.ResponseWriter, status int, headers map[string]string, cookies []string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	for name, value := range headers {
		switch http.CanonicalHeaderKey(name) {
		case "Content-Length", "Transfer-Encoding", "Connection": // the server's own
		default:
			h.Set(name, value)
		}
	}
	for _, cookie := range cookies {
		h.Add("Set-Cookie", cookie)
	}
	w.WriteHeader(status)
}

// writeError tells the developer what Lambda would not tell a client.
func writeError(w http.ResponseWriter, payload []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	var indented bytes.Buffer
	if json.Indent(&indented, payload, "", "  ") == nil {
		payload = append(indented.Bytes(), '\n')
	}
	w.Write(payload)
}
