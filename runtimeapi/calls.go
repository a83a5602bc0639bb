package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

const (
	base = "/2018-06-01/runtime"

	headerErrorType = "Lambda-Runtime-Function-Error-Type"
	headerXRayCause = "Lambda-Runtime-Function-XRay-Error-Cause"
)

// StatusError says that the API refused a call.
type StatusError struct {
	Call   string // "next", "response", "error", "init/error"
	Status int
	Body   string // the beginning of it
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: the runtime API answered %d: %s", e.Call, e.Status, e.Body)
}

// next waits for an invocation.
func (c *Client) next(ctx context.Context) (*Invocation, error) {
	resp, _, err := c.do(ctx, &request{method: "GET", path: base + "/invocation/next"})
	if err != nil {
		return nil, fmt.Errorf("next: %w", err)
	}
	if resp.status != 200 {
		return nil, statusError("next", resp)
	}
	return newInvocation(resp)
}

// respond posts an answer. A nil error means that the invocation is closed.
func (c *Client) respond(ctx context.Context, inv *Invocation, answer []byte) error {
	err := c.post(ctx, "response", inv, &request{
		path:   invocationPath(inv, "response"),
		fields: []field{{"Content-Type", "application/json"}},
		body:   answer,
	})
	if err == nil || fatal(err) || ctx.Err() != nil {
		return err
	}
	c.log(inv.RequestID, fmt.Sprintf("The answer was not taken, an error is reported in its place: %v", err))
	return c.fail(ctx, inv, NewReport("Runtime.ResponseRejected", fmt.Sprintf("Lambda did not take the answer: %v.", err)))
}

// fail posts an error. A nil error means that the invocation is closed.
func (c *Client) fail(ctx context.Context, inv *Invocation, cause error) error {
	return c.postReport(ctx, "error", inv, invocationPath(inv, "error"), reportOf(cause))
}

// InitError reports that the handler could not be started. The program must exit afterwards, whatever comes back.
func (c *Client) InitError(ctx context.Context, cause error) error {
	return c.postReport(ctx, "init/error", &Invocation{}, base+"/init/error", reportOf(cause))
}

// postReport posts an error, and something less where that is refused.
func (c *Client) postReport(ctx context.Context, call string, inv *Invocation, path string, r Report) error {
	plain := r
	plain.XRayCause = nil
	attempts := []Report{r, plain, r.minimal()}
	if headerJSON(r.XRayCause) == "" {
		attempts = attempts[1:]
	}
	var err error
	for i, report := range attempts {
		if err = c.post(ctx, call, inv, report.request(path)); err == nil || fatal(err) || ctx.Err() != nil {
			return err
		}
		if i < len(attempts)-1 {
			c.log(inv.RequestID, fmt.Sprintf("An error report was not taken, a shorter one follows: %v", err))
		}
	}
	return err
}

func (r Report) request(path string) *request {
	req := &request{path: path, body: r.Body, fields: []field{
		{"Content-Type", "application/vnd.aws.lambda.error+json"},
		{headerErrorType, headerType(r.Type)},
	}}
	if cause := headerJSON(r.XRayCause); cause != "" {
		req.fields = append(req.fields, field{headerXRayCause, cause})
	}
	return req
}

// post posts to an invocation, and tells whether that closed it.
func (c *Client) post(ctx context.Context, call string, inv *Invocation, req *request) error {
	req.method = "POST"
	inv.echo(req)
	resp, resent, err := c.do(ctx, req)
	if err != nil {
		return fmt.Errorf("%s: %w", call, err)
	}
	return c.judge(call, inv, resp, resent)
}

// echo adds the invocation's id to a request. Without it, an answer that is late could be taken for that of another attempt
// at the same request.
func (inv *Invocation) echo(req *request) {
	if inv.id != "" {
		req.fields = append(req.fields, field{headerInvocationID, safeField(inv.id)})
	}
}

// judge tells from the API's response to a post whether the invocation is closed; its error says why it is not.
func (c *Client) judge(call string, inv *Invocation, resp *response, resent bool) error {
	refused := statusError(call, resp)
	switch s := resp.status; {
	case s >= 200 && s < 300:
		return nil
	case s == 403, s == 410, s == 413 && call == "response":
		c.log(inv.RequestID, fmt.Sprintf("Lambda has closed the invocation by itself: %v", refused))
		return nil
	case s == 400 && resent:
		// The API of managed instances says so of a second post; the first went out on a connection that broke.
		c.log(inv.RequestID, fmt.Sprintf("Lambda has taken the post before the connection broke: %v", refused))
		return nil
	}
	return refused
}

func invocationPath(inv *Invocation, call string) string {
	return base + "/invocation/" + url.PathEscape(inv.RequestID) + "/" + call
}

func statusError(call string, resp *response) *StatusError {
	return &StatusError{Call: call, Status: resp.status, Body: string(resp.body[:min(len(resp.body), 512)])}
}

// fatal reports whether the API said that the container cannot go on.
func fatal(err error) bool {
	status := (*StatusError)(nil)
	return errors.As(err, &status) && status.Status >= 500
}
