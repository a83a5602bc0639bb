package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
	"github.com/lumo-lambda/lumo-lambda/runtimeapi"
)

// handler gives invocations to lumo.
type handler struct {
	cfg  *config
	lumo *lumoproc.Pool
	log  *logger
}

// invocationContext is the JSON that lumo gets beside the event. What is the same for all invocations it reads from its
// environment.
type invocationContext struct {
	RequestID          string `json:"awsRequestId"`
	InvokedFunctionARN string `json:"invokedFunctionArn,omitempty"`
	TraceID            string `json:"traceId,omitempty"`
	TenantID           string `json:"tenantId,omitempty"`
	DeadlineMS         int64  `json:"deadlineMs,omitempty"`
	ClientContext      string `json:"clientContext,omitempty"`
	CognitoIdentity    string `json:"cognitoIdentity,omitempty"`
}

func (h *handler) Invoke(ctx context.Context, inv *runtimeapi.Invocation) ([]byte, error) {
	about := invocationContext{
		RequestID:          inv.RequestID,
		InvokedFunctionARN: inv.InvokedFunctionARN,
		TraceID:            inv.TraceID,
		TenantID:           inv.TenantID,
		ClientContext:      inv.ClientContext,
		CognitoIdentity:    inv.CognitoIdentity,
	}
	if !inv.Deadline.IsZero() {
		about.DeadlineMS = inv.Deadline.UnixMilli()
	}
	aboutJSON, err := json.Marshal(about)
	if err != nil {
		panic("bug: strings and a number are not JSON: " + err.Error())
	}
	left := time.Until(inv.Deadline)
	if limit := timeFor(left); !inv.Deadline.IsZero() && limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	answer, err := h.lumo.Invoke(ctx, lumoproc.Invoke{Context: aboutJSON, Event: inv.Event, Label: label(inv),
		Inspect: inspectFor(left), Stream: inv.Stream})
	if err == nil {
		return answer, nil
	}
	if sink := (*lumoproc.SinkError)(nil); errors.As(err, &sink) {
		return nil, err // runtimeapi knows what its own writer said, and tells
	}
	report := reportOf(h.cfg, err)
	if !report.logged {
		h.log.report(label(inv), report)
	}
	return nil, report
}

// maxTimeout is the longest time-out a function can have.
const maxTimeout = 15 * time.Minute

// marginFor gives what is kept of the time that is left: a twentieth, at least 50 and at most 200 ms, but no more than half. It is
// for asking lumo where it is stuck, ending it, and posting the error while somebody still takes it.
func marginFor(left time.Duration) time.Duration {
	return min(max(left/20, 50*time.Millisecond), 200*time.Millisecond, left/2)
}

// timeFor gives the time that lumo has for an invocation whose deadline is left away. It gives 0 for no limit of ours, where
// the deadline makes no sense: it has passed (the clock jumped while the sandbox was frozen), or it is further away than
// Lambda allows (an emulator's own, seen 34 days ahead).
func timeFor(left time.Duration) time.Duration {
	if left <= 0 || left > maxTimeout+time.Minute {
		return 0
	}
	return left - marginFor(left)
}

// inspectFor gives how much of the margin lumo may take to say where it is stuck: half, and at least 30 ms are left for the end.
func inspectFor(left time.Duration) time.Duration {
	margin := marginFor(left)
	return max(0, margin-max(margin/2, 30*time.Millisecond))
}
