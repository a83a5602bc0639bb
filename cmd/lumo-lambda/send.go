package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// maxConcurrency is as many sandboxes as one machine may be asked for.
const maxConcurrency = 100

// send passes the event to as many sandboxes as the command line says, at once, and returns their answers.
func (inv *invocation) send(ctx context.Context, cfg emulator.Config, event []byte) (_ []emulator.Result, err error) {
	sandboxes := inv.concurrency
	if inv.managed {
		sandboxes, cfg.Concurrency = 1, inv.concurrency
	}
	var all []emulator.Emulator
	defer func() {
		for _, e := range all {
			err = errors.Join(err, e.Close())
		}
	}()
	for range sandboxes {
		e, err := emulator.Start(ctx, cfg)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		cfg.Notice = nil // once is enough
	}
	results, errs := make([]emulator.Result, inv.concurrency), make([]error, inv.concurrency)
	var sent sync.WaitGroup
	for i := range results {
		sent.Go(func() {
			results[i], errs[i] = all[i%len(all)].Invoke(ctx, event, emulator.Options{ClientContext: inv.clientContext})
		})
	}
	sent.Wait()
	return results, errors.Join(errs...)
}

// printResult writes an answer as --json has it: payload, or payloadText or payloadBase64 where that is no JSON, and
// whether it is an error.
func printResult(w io.Writer, r emulator.Result) error {
	answer := struct {
		Payload       json.RawMessage `json:"payload,omitempty"`
		Text          string          `json:"payloadText,omitempty"`
		Bytes         []byte          `json:"payloadBase64,omitempty"`
		FunctionError bool            `json:"functionError"`
	}{FunctionError: r.FunctionError}
	switch {
	case json.Valid(r.Payload):
		answer.Payload = r.Payload
	case utf8.Valid(r.Payload):
		answer.Text = string(r.Payload)
	default:
		answer.Bytes = r.Payload
	}
	return printJSON(w, answer)
}
