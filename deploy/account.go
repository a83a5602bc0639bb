package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
)

// Account is an AWS account in one region.
type Account struct {
	Region string
	DryRun bool
	// Tell, where it is set, is told of each request that changes something, before it is sent.
	Tell func(Request)

	lambda *lambda.Client
	iam    *iam.Client
	logs   *cloudwatchlogs.Client
}

// Request is one that changes something.
type Request struct {
	Operation string `json:"operation"` // service.Operation, as in lambda.CreateFunction
	Input     any    `json:"input"`     // its parameters, without what is uploaded
	Upload    string `json:"upload,omitempty"`
}

// Error is what AWS answered to an operation, or why it could not be asked.
type Error struct {
	Operation string
	Err       error
}

func (e *Error) Error() string {
	var api smithy.APIError
	if errors.As(e.Err, &api) {
		return fmt.Sprintf("%s: %s: %s", e.Operation, api.ErrorCode(), api.ErrorMessage())
	}
	return fmt.Sprintf("%s: %v", e.Operation, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Open finds credentials and the region; nothing is sent yet. upload, where it is not nil, is told of the bytes of large
// requests while they are sent.
func Open(ctx context.Context, region string, upload func(done, total int64)) (*Account, error) {
	options := []func(*config.LoadOptions) error{config.WithAppID("lumo-lambda")}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if upload != nil {
		options = append(options, config.WithHTTPClient(newProgressClient(upload)))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, &Error{"read AWS's settings", err}
	}
	if cfg.Region == "" {
		return nil, &Error{"read AWS's settings", errors.New("no region is set: use --region eu-west-1, or set AWS_REGION")}
	}
	return &Account{Region: cfg.Region, lambda: lambda.NewFromConfig(cfg), iam: iam.NewFromConfig(cfg), logs: cloudwatchlogs.NewFromConfig(cfg)}, nil
}

// read sends a request that changes nothing. found is false where what it asks for is not there.
func read[In, Out, Opt any](ctx context.Context, operation string, send func(context.Context, In, ...Opt) (Out, error), input In) (out Out, found bool, err error) {
	out, err = send(ctx, input)
	switch {
	case isMissing(err):
		return out, false, nil
	case err != nil:
		return out, false, &Error{operation, err}
	}
	return out, true, nil
}

// change sends a request that changes something, or assumes its answer in a dry run. upload is what its input leaves out.
func change[In, Out, Opt any](ctx context.Context, a *Account, operation, upload string, shown any, send func(context.Context, In, ...Opt) (Out, error), input In, assumed Out) (Out, error) {
	if a.Tell != nil {
		a.Tell(Request{operation, plain(shown), upload})
	}
	if a.DryRun {
		return assumed, nil
	}
	out, err := send(ctx, input)
	if err != nil {
		return out, &Error{operation, err}
	}
	return out, nil
}

// isMissing says whether AWS answered that what was asked for is not there.
func isMissing(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "ResourceNotFoundException", "NoSuchEntity":
		return true
	}
	return false
}

// bytesText says how large something is.
func bytesText(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
