package lumoproc

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/lumo-lambda/lumo-lambda/lumoproc/inspector"
)

// where asks a child that has missed a deadline what it is doing: the value of Config.Where, which Node's
// inspector evaluates between two steps of the child's work. Until SIGUSR1 the inspector costs nothing and no port is open;
// from then on one is, on loopback, until the child is killed, which the caller does next.
func (c *child) where(patience time.Duration) (string, error) {
	if c.cfg.Where == "" || patience <= 0 {
		return "", errNotAsked
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c.errs.hurry(time.Now().Add(patience / 2))
	address := c.errs.inspected()
	c.proc.signal(syscall.SIGUSR1)
	select {
	case at := <-address:
		return inspector.Evaluate(ctx, at, c.cfg.Where)
	case <-c.gone:
		return "", errors.New("the child ended when it was asked")
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

var errNotAsked = errors.New("the child was not asked")
