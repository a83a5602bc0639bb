package test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The sample events of lumo.lambda.events, against the types that aws-lambda-go has for them: no member that it does not
// know, and none of a form that it does not take.
func TestSampleEventsAreOfLambdasForms(t *testing.T) {
	program := `(require '[lumo.lambda.events :as e])
		(println (js/JSON.stringify (clj->js
			{"rest-api" (e/rest-api) "http-api" (e/http-api) "function-url" (e/function-url) "load-balancer" (e/load-balancer)
			 "sqs" (e/sqs) "sns" (e/sns) "s3" (e/s3) "dynamodb-stream" (e/dynamodb-stream) "kinesis" (e/kinesis)
			 "event-bridge" (e/event-bridge) "scheduled" (e/scheduled)})))`
	out, err := exec.Command(filepath.Join(layerDir, "lumo"), "-e", program).CombinedOutput()
	require.NoError(t, err, "%s", out)
	var samples map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(out, &samples), "%s", out)
	types := map[string]any{
		"rest-api":        &events.APIGatewayProxyRequest{},
		"http-api":        &events.APIGatewayV2HTTPRequest{},
		"function-url":    &events.LambdaFunctionURLRequest{},
		"load-balancer":   &events.ALBTargetGroupRequest{},
		"sqs":             &events.SQSEvent{},
		"sns":             &events.SNSEvent{},
		"s3":              &events.S3Event{},
		"dynamodb-stream": &events.DynamoDBEvent{},
		"kinesis":         &events.KinesisEvent{},
		"event-bridge":    &events.CloudWatchEvent{},
		"scheduled":       &events.CloudWatchEvent{},
	}
	require.Len(t, samples, len(types))
	for name, into := range types {
		if name == "function-url" { // AWS documents three members that the type lacks
			samples[name] = without(t, samples[name], "routeKey", "stage")
		}
		d := json.NewDecoder(bytes.NewReader(samples[name]))
		d.DisallowUnknownFields()
		assert.NoError(t, d.Decode(into), "%s: %s", name, samples[name])
	}
	assert.Equal(t, "hello", string(types["kinesis"].(*events.KinesisEvent).Records[0].Kinesis.Data))
	assert.Equal(t, "folder/hello.txt", types["s3"].(*events.S3Event).Records[0].S3.Object.URLDecodedKey)
	assert.Equal(t, "12.5", types["dynamodb-stream"].(*events.DynamoDBEvent).Records[0].Change.NewImage["total"].Number())
}

// without takes members out of an event and out of its request context.
func without(t *testing.T, event json.RawMessage, names ...string) json.RawMessage {
	t.Helper()
	var all map[string]any
	require.NoError(t, json.Unmarshal(event, &all))
	for _, name := range names {
		delete(all, name)
		delete(all["requestContext"].(map[string]any), name)
	}
	rest, err := json.Marshal(all)
	require.NoError(t, err)
	return rest
}
