package runtimeapi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// The limits of what is read. AWS documents 1 MB for the header values of a request and 6 MB for an event; both are
// bounds against nonsense, not the platform's.
const (
	maxHead = 2 << 20
	maxBody = 32 << 20
)

// errNoResponse is in the chain where the connection ended before a byte of the response.
var errNoResponse = errors.New("connection closed without a response")

// field is one header field.
type field struct{ name, value string }

// request is what is sent. Field values must be safe for a header line.
type request struct {
	method string
	path   string // encoded
	fields []field
	body   []byte

	streamed bool // the body is sent by whoever has the connection
}

// head gives the request's bytes before its body.
func (r *request) head(host string) []byte {
	b := make([]byte, 0, 512)
	b = append(b, r.method+" "+r.path+" HTTP/1.1\r\nHost: "+host+"\r\nUser-Agent: lumo-lambda\r\n"...)
	for _, f := range r.fields {
		b = append(b, f.name+": "+f.value+"\r\n"...)
	}
	if r.method != "GET" && !r.streamed {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(r.body)), 10)
		b = append(b, "\r\n"...)
	}
	return append(b, "\r\n"...)
}

// write sends the request in one writev where the kernel takes it.
func (r *request) write(w net.Conn, host string) error {
	buffers := net.Buffers{r.head(host)}
	if len(r.body) > 0 {
		buffers = append(buffers, r.body)
	}
	_, err := buffers.WriteTo(w)
	return err
}

// response is what is read.
type response struct {
	status int
	fields []field
	body   []byte
	cut    error // why the body is not whole, nil where it is
	keep   bool  // the connection can take another request
}

// get gives the first field of a name, in any case, without surrounding space.
func (r *response) get(name string) string {
	for _, f := range r.fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// readResponse reads one final response, past interim ones. A body that ends early is in response.cut: its head still tells
// which invocation it was about.
func readResponse(r *bufio.Reader) (*response, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoResponse, err)
	}
	for {
		resp, framing, err := readHead(r)
		if err != nil {
			return nil, fmt.Errorf("read response: %w", err)
		}
		if resp.status == 101 {
			return nil, errors.New("read response: the server switched protocols")
		}
		if resp.status < 200 {
			continue
		}
		if resp.status == 204 || resp.status == 304 {
			return resp, nil
		}
		resp.body, resp.cut = framing.read(r)
		if resp.cut != nil || framing.untilClose {
			resp.keep = false
		}
		return resp, nil
	}
}

// framing is how the end of a body is found.
type framing struct {
	chunked    bool
	untilClose bool
	length     int64
}

// readHead reads a status line and header fields.
func readHead(r *bufio.Reader) (*response, framing, error) {
	left := maxHead
	line, err := readLine(r, &left)
	if err != nil {
		return nil, framing{}, err
	}
	proto, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if (proto != "HTTP/1.1" && proto != "HTTP/1.0") || err != nil || len(code) != 3 || status < 100 {
		return nil, framing{}, fmt.Errorf("status line %.80q", line)
	}
	resp := &response{status: status, keep: proto == "HTTP/1.1"}
	f := framing{untilClose: true}
	for {
		line, err := readLine(r, &left)
		if err != nil {
			return nil, framing{}, err
		}
		if line == "" {
			break
		}
		name, value, found := strings.Cut(line, ":")
		if !found || name == "" || strings.ContainsAny(name, " \t") {
			return nil, framing{}, fmt.Errorf("header line %.80q", line)
		}
		value = strings.Trim(value, " \t")
		resp.fields = append(resp.fields, field{name, value})
		if err := f.note(resp, name, value); err != nil {
			return nil, framing{}, err
		}
	}
	if f.chunked {
		f.untilClose = false
	}
	return resp, f, nil
}

// note takes what a header field says about the body and the connection.
func (f *framing) note(resp *response, name, value string) error {
	switch {
	case strings.EqualFold(name, "Content-Length"):
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil || (!f.untilClose && uint64(f.length) != n) {
			return fmt.Errorf("content length %.80q", value)
		}
		f.length, f.untilClose = int64(n), false
	case strings.EqualFold(name, "Transfer-Encoding"):
		if !strings.EqualFold(value, "chunked") {
			return fmt.Errorf("transfer encoding %.80q", value)
		}
		f.chunked = true
	case strings.EqualFold(name, "Connection"):
		for token := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(token), "close") {
				resp.keep = false
			}
		}
	}
	return nil
}

// readLine reads a line without its end, counting it against left.
func readLine(r *bufio.Reader, left *int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if *left -= len(part); *left < 0 {
			return "", fmt.Errorf("head of more than %d bytes", maxHead)
		}
		line = append(line, part...)
		if err == nil {
			return string(bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", unexpected(err)
		}
	}
}

// read reads the body. It returns what there was along with an error.
func (f framing) read(r *bufio.Reader) ([]byte, error) {
	switch {
	case f.chunked:
		return readChunks(r)
	case f.untilClose:
		body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
		if err == nil && len(body) > maxBody {
			err = errTooLong
		}
		return body, err
	case f.length > maxBody:
		return nil, errTooLong
	}
	body := make([]byte, f.length)
	n, err := io.ReadFull(r, body)
	return body[:n], unexpected(err)
}

var errTooLong = fmt.Errorf("body of more than %d bytes", maxBody)

func readChunks(r *bufio.Reader) (body []byte, err error) {
	left := maxHead
	for {
		line, err := readLine(r, &left)
		if err != nil {
			return body, err
		}
		digits, _, _ := strings.Cut(line, ";") // extensions mean nothing here
		size, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 63)
		if err != nil {
			return body, fmt.Errorf("chunk size %.80q", line)
		}
		if size == 0 {
			break
		}
		start := len(body)
		if size > uint64(maxBody-start) {
			return body, errTooLong
		}
		body = append(body, make([]byte, size)...)
		n, err := io.ReadFull(r, body[start:])
		if err != nil {
			return body[:start+n], unexpected(err)
		}
		if end, err := readLine(r, &left); err != nil || end != "" {
			return body, fmt.Errorf("after a chunk, %.80q: %w", end, errors.Join(err))
		}
	}
	for { // trailers
		if line, err := readLine(r, &left); err != nil || line == "" {
			return body, err
		}
	}
}

// unexpected makes an end of file inside something an error of its own.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
