package dev

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// httpIntegration is the content type of a stream that begins with the head of an HTTP response, as JSON.
const httpIntegration = "application/vnd.awslambda.http-integration-response"

// headEnd is what stands between that head and the body: eight null bytes.
var headEnd = make([]byte, 8)

// maxHead bounds the head; what is longer is none.
const maxHead = 64 << 10

// streamed writes a streamed answer out as it comes. It is used by one goroutine at a time.
type streamed struct {
	w     http.ResponseWriter
	head  []byte // what has come of it
	begun bool   // the response's head is written
	err   error
}

// begin is called with the stream's content type, before its first byte.
func (s *streamed) begin(contentType string) io.Writer {
	if contentType != httpIntegration {
		s.start(http.StatusOK, map[string]string{"Content-Type": contentType}, nil)
	}
	return s
}

func (s *streamed) start(status int, headers map[string]string, cookies []string) {
	s.begun = true
	writeHead(s.w, status, headers, cookies)
}

func (s *streamed) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	body := p
	if !s.begun {
		s.head = append(s.head, p...)
		end := bytes.Index(s.head, headEnd)
		if end < 0 {
			if len(s.head) > maxHead {
				s.err = errors.New("the stream has no head of an HTTP response before its body")
			}
			return len(p), s.err
		}
		var head struct {
			StatusCode int               `json:"statusCode"`
			Headers    map[string]string `json:"headers"`
			Cookies    []string          `json:"cookies"`
		}
		if err := json.Unmarshal(s.head[:end], &head); err != nil || head.StatusCode < 100 || head.StatusCode > 999 {
			s.err = fmt.Errorf("the stream's head is none of an HTTP response: %s", s.head[:end])
			return 0, s.err
		}
		s.start(head.StatusCode, head.Headers, head.Cookies)
		body = s.head[end+len(headEnd):]
	}
	if _, err := s.w.Write(body); err != nil {
		s.err = err
		return 0, err
	}
	// A server's own writer can be flushed; that of a test need not be.
	if err := http.NewResponseController(s.w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.err = err
		return 0, err
	}
	return len(p), nil
}
