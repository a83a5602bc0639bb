package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// samples are the builders of lumo.lambda.events, which make the events.
var samples = []string{"dynamodb-stream", "event-bridge", "function-url", "http-api", "kinesis", "load-balancer", "rest-api", "s3", "scheduled", "sns", "sqs"}

func sampleNames() []string { return samples }

// sampleEvent has lumo make the sample event of that name.
func sampleEvent(ctx context.Context, lumoLayer, name string) ([]byte, error) {
	if !slices.Contains(samples, name) {
		return nil, usagef("there is no sample event %q; there are %s", name, strings.Join(samples, ", "))
	}
	lumo, err := lumoOf(ctx, lumoLayer)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, lumo, "-e", `(require '[lumo.lambda.events :as events])`,
		"-e", `(println (js/JSON.stringify (clj->js (events/`+name+`)) nil 2))`)
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	event, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("make the sample event: %w\n%s", err, trouble.Bytes())
	}
	return event, nil
}

func runEvent(ctx context.Context, s streams, args []string) error {
	flags := newFlags("event")
	lumoLayer := lumoLayerFlag(flags)
	rest, err := parse(flags, args, s.out)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("event takes the name of a sample event: %s", strings.Join(samples, ", "))
	}
	event, err := sampleEvent(ctx, *lumoLayer, rest[0])
	if err != nil {
		return err
	}
	_, err = s.out.Write(event)
	return err
}
