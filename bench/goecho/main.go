// Goecho is a Lambda function in Go, on AWS's own library: the scale that other runtimes are measured on. Its handler does
// what the two others do: hello greets, echo returns the event; both read the JSON and write it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func hello(ctx context.Context, event struct {
	Name string `json:"name"`
}) (map[string]string, error) {
	about, _ := lambdacontext.FromContext(ctx)
	fmt.Println("greeting for request", about.AwsRequestID)
	return map[string]string{"greeting": "Hello, " + event.Name + "!"}, nil
}

func echo(event any) (any, error) { return event, nil }

func main() {
	if os.Getenv("_HANDLER") == "hello" {
		lambda.Start(hello)
	}
	lambda.Start(echo)
}
