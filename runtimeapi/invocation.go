package runtimeapi

import (
	"fmt"
	"strconv"
	"time"
)

// The headers of GET /invocation/next. Those with an empty value are left out by the API.
const (
	headerRequestID       = "Lambda-Runtime-Aws-Request-Id"
	headerDeadline        = "Lambda-Runtime-Deadline-Ms"
	headerFunctionARN     = "Lambda-Runtime-Invoked-Function-Arn"
	headerTraceID         = "Lambda-Runtime-Trace-Id"
	headerClientContext   = "Lambda-Runtime-Client-Context"
	headerCognitoIdentity = "Lambda-Runtime-Cognito-Identity"
	headerTenantID        = "Lambda-Runtime-Aws-Tenant-Id"
	headerInvocationID    = "Lambda-Runtime-Invocation-Id"
)

// Invocation is one event and what the API says about it. Every field but RequestID may be empty. Values are as they came,
// and may hold bytes that are not ASCII.
type Invocation struct {
	RequestID          string
	Deadline           time.Time // zero where the API gave none
	InvokedFunctionARN string
	TraceID            string
	ClientContext      string // JSON
	CognitoIdentity    string // JSON
	TenantID           string
	Event              []byte // not necessarily JSON, may be empty

	id  string // unique to this attempt; echoed where it came
	bad error  // why it cannot be handled, nil where it can

	client *Client
	stream *stream // the answer, where it is streamed
}

// newInvocation reads a response to /next. Its error means that the invocation cannot even be answered.
func newInvocation(resp *response) (*Invocation, error) {
	inv := &Invocation{
		RequestID:          resp.get(headerRequestID),
		InvokedFunctionARN: resp.get(headerFunctionARN),
		TraceID:            resp.get(headerTraceID),
		ClientContext:      resp.get(headerClientContext),
		CognitoIdentity:    resp.get(headerCognitoIdentity),
		TenantID:           resp.get(headerTenantID),
		Event:              resp.body,
		id:                 resp.get(headerInvocationID),
	}
	if inv.RequestID == "" {
		return nil, fmt.Errorf("next: the response has no %s", headerRequestID)
	}
	if resp.cut != nil {
		inv.bad = NewReport("Runtime.TruncatedEvent",
			fmt.Sprintf("The event arrived cut off after %d bytes: %v.", len(resp.body), resp.cut))
	}
	if text := resp.get(headerDeadline); text != "" {
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			inv.bad = NewReport("Runtime.LambdaContextUnmarshalError",
				fmt.Sprintf("The header %s is not a number of milliseconds: %.80q.", headerDeadline, text))
		}
		inv.Deadline = time.UnixMilli(ms)
	}
	return inv, nil
}
