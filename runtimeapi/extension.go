package runtimeapi

import (
	"context"
	"fmt"
)

// The Extensions API is served at the same address as the Runtime API.
const (
	extensionBase = "/2020-01-01/extension"

	headerExtensionName = "Lambda-Extension-Name"
	headerExtensionID   = "Lambda-Extension-Identifier"
)

// RegisterExtension makes this program an internal extension that asks for no events, which is what it takes to get
// SIGTERM before the environment is shut down: a runtime alone is killed without notice. It must be called before [Run],
// since extensions are taken during init only. wait returns when ctx is over and nothing of the registration is left.
func (c *Client) RegisterExtension(ctx context.Context, name string) (wait func(), err error) {
	resp, _, err := c.do(ctx, &request{
		method: "POST",
		path:   extensionBase + "/register",
		fields: []field{{headerExtensionName, safeField(name)}, {"Content-Type", "application/json"}},
		body:   []byte(`{"events":[]}`),
	})
	if err != nil {
		return nil, fmt.Errorf("extension/register: %w", err)
	}
	id := safeField(resp.get(headerExtensionID))
	if resp.status != 200 || id == "" {
		return nil, fmt.Errorf("register as an extension: %w", statusError("extension/register", resp))
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// The platform counts an extension as started when it asks for an event. Of none at all there is never one.
		resp, _, err := c.do(ctx, &request{method: "GET", path: extensionBase + "/event/next", fields: []field{{headerExtensionID, id}}})
		switch {
		case ctx.Err() != nil:
		case err != nil:
			c.log("", fmt.Sprintf("The end of the environment will come without notice: extension/event/next: %v", err))
		default:
			c.log("", fmt.Sprintf("The end of the environment will come without notice: %v", statusError("extension/event/next", resp)))
		}
	}()
	return func() { <-ended }, nil
}
