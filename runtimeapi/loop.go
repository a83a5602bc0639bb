package runtimeapi

import "context"

// Handler turns events into answers.
type Handler interface {
	// Invoke returns the answer's bytes, or nil where it has streamed them through [Invocation.Stream]. An error that is a [Reporter] is reported as it says, any other as
	// Runtime.Unknown. The deadline is the handler's to keep; ctx ends when the program is to end.
	Invoke(ctx context.Context, inv *Invocation) (answer []byte, err error)
}

// Run handles one invocation after another. It returns when ctx is over, with ctx's error, or when the API cannot be
// spoken to any more; the process must exit then, so that an invocation that is open is not delivered for ever.
func Run(ctx context.Context, c *Client, h Handler) error {
	for {
		inv, err := c.next(ctx)
		if err != nil {
			return err
		}
		if err := handle(ctx, c, h, inv); err != nil {
			return err
		}
	}
}

// handle sees one invocation to its one terminal post.
func handle(ctx context.Context, c *Client, h Handler, inv *Invocation) error {
	if inv.bad != nil {
		c.log(inv.RequestID, inv.bad.Error())
		return c.fail(ctx, inv, inv.bad)
	}
	inv.client = c
	answer, err := h.Invoke(ctx, inv)
	switch {
	case inv.stream != nil:
		return c.finish(ctx, inv, err)
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return c.fail(ctx, inv, err)
	default:
		return c.respond(ctx, inv, answer)
	}
}
