package runtimeapi

import (
	"context"
	"fmt"
)

// AwaitRestore says that init is complete, and waits until the environment runs again from the snapshot that Lambda takes of
// it now. The path exists only where AWS_LAMBDA_INITIALIZATION_TYPE is snap-start.
func (c *Client) AwaitRestore(ctx context.Context) error {
	resp, _, err := c.do(ctx, &request{method: "GET", path: base + "/restore/next"})
	if err != nil {
		return fmt.Errorf("restore/next: %w", err)
	}
	if resp.status != 200 {
		return statusError("restore/next", resp)
	}
	return nil
}

// RestoreError reports that the program could not go on after it was restored. It must exit afterwards.
func (c *Client) RestoreError(ctx context.Context, cause error) error {
	return c.postReport(ctx, "restore/error", &Invocation{}, base+"/restore/error", reportOf(cause))
}
