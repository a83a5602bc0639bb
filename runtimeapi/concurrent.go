package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The policy of the managed runtimes for /next on managed instances.
const (
	nextAttempts = 5
	nextDelay    = 100 * time.Millisecond // doubled each time
)

// RunConcurrent is [Run] for Lambda Managed Instances: n invocations at a time, each by a loop of its own over one client.
// Since an exit would fail all that is in flight, a loop goes on where Run returns: a /next that fails is tried again, five
// times in all, and an error that is not taken is logged, the invocation being the platform's to end. It returns when ctx is over,
// or when the API cannot be spoken to any more: what is in flight then is given up.
func RunConcurrent(ctx context.Context, c *Client, h Handler, n int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var loops sync.WaitGroup
	for range n {
		loops.Go(func() { cancel(loop(ctx, c, h)) })
	}
	loops.Wait()
	return context.Cause(ctx)
}

func loop(ctx context.Context, c *Client, h Handler) error {
	for {
		inv, err := c.nextOfMany(ctx)
		if err != nil {
			return err
		}
		switch err := handle(ctx, c, h, inv); {
		case err == nil:
		case ctx.Err() != nil, fatal(err):
			return err
		default:
			c.log(inv.RequestID, fmt.Sprintf("The invocation is left to Lambda to end: %v", err))
		}
	}
}

func (c *Client) nextOfMany(ctx context.Context) (inv *Invocation, err error) {
	delay := nextDelay
	for attempt := 1; ; attempt++ {
		inv, err = c.next(ctx)
		if err == nil || ctx.Err() != nil || attempt == nextAttempts {
			return inv, err
		}
		if status := (*StatusError)(nil); errors.As(err, &status) && status.Status == 500 {
			return nil, err // the container cannot go on
		}
		c.log("", fmt.Sprintf("No invocation came, it is asked for again in %v: %v", delay, err))
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		delay *= 2
	}
}
