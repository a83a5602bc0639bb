package deploy

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

const (
	// settleTimeout is how long a function may take to become active, or updated.
	settleTimeout = 5 * time.Minute
	// roleTimeout is how long Lambda may take to see a new role; IAM is eventually consistent.
	roleTimeout = time.Minute
	roleRetry   = 2 * time.Second
)

// Function is what is deployed.
type Function struct {
	Name         string
	Handler      string
	Architecture string // x86_64 or arm64
	Memory       int    // MB
	Timeout      int    // seconds
	Environment  map[string]string
	Layers       []string // ARNs, the one with bootstrap first
	Role         string   // an ARN; empty: the function's own, which is made where it is missing
	Tracing      bool
	URL          string // public, iam, or empty for none
	Streaming    bool   // of the URL
	Zip          []byte
}

// Deployed is a function as it is now.
type Deployed struct {
	ARN     string   `json:"functionArn"`
	Layers  []string `json:"layers"`
	URL     string   `json:"url,omitempty"`
	Created bool     `json:"created"`
}

// Deploy makes the function, or makes the one that is there like it.
func (a *Account) Deploy(ctx context.Context, f Function) (Deployed, error) {
	if err := checkSize("the function", f.Zip); err != nil {
		return Deployed{}, err
	}
	have, found, err := read(ctx, "lambda.GetFunctionConfiguration",
		a.lambda.GetFunctionConfiguration, &lambda.GetFunctionConfigurationInput{FunctionName: &f.Name})
	if err != nil {
		return Deployed{}, err
	}
	d := Deployed{Layers: f.Layers, Created: !found}
	if f.Role == "" && found {
		f.Role = aws.ToString(have.Role)
	}
	if f.Role == "" {
		if f.Role, err = a.role(ctx, f.Name, f.Tracing); err != nil {
			return d, err
		}
	}
	if found {
		d.ARN, err = aws.ToString(have.FunctionArn), a.update(ctx, f, have)
	} else {
		d.ARN, err = a.create(ctx, f)
	}
	if err != nil || f.URL == "" {
		return d, err
	}
	d.URL, err = a.url(ctx, f)
	return d, err
}

// environment is never left out: what the settings have no more is to be gone.
func (f Function) environment() *types.Environment {
	variables := f.Environment
	if variables == nil {
		variables = map[string]string{}
	}
	return &types.Environment{Variables: variables}
}

func (f Function) tracing() *types.TracingConfig {
	if f.Tracing {
		return &types.TracingConfig{Mode: types.TracingModeActive}
	}
	return &types.TracingConfig{Mode: types.TracingModePassThrough}
}

func (a *Account) create(ctx context.Context, f Function) (string, error) {
	input := &lambda.CreateFunctionInput{
		FunctionName: &f.Name, Handler: &f.Handler, Role: &f.Role, Runtime: types.RuntimeProvidedal2023,
		Architectures: []types.Architecture{types.Architecture(f.Architecture)},
		MemorySize:    aws.Int32(int32(f.Memory)), Timeout: aws.Int32(int32(f.Timeout)),
		Environment: f.environment(), Layers: f.Layers, TracingConfig: f.tracing(),
		PackageType: types.PackageTypeZip,
	}
	shown := *input
	input.Code = &types.FunctionCode{ZipFile: f.Zip}
	out, err := change(ctx, a, "lambda.CreateFunction", uploadText("Code.ZipFile", f.Zip), shown,
		a.createWhenRoleIsSeen, input, &lambda.CreateFunctionOutput{FunctionArn: aws.String("arn:aws:lambda:" + a.Region + ":ACCOUNT:function:" + f.Name)})
	if err != nil {
		return "", err
	}
	if !a.DryRun {
		if err := lambda.NewFunctionActiveV2Waiter(a.lambda).Wait(ctx, &lambda.GetFunctionInput{FunctionName: &f.Name}, settleTimeout); err != nil {
			return "", &Error{"wait until the function is active", err}
		}
	}
	return aws.ToString(out.FunctionArn), nil
}

// createWhenRoleIsSeen tries again for as long as Lambda does not see the role, which may just have been made.
func (a *Account) createWhenRoleIsSeen(ctx context.Context, input *lambda.CreateFunctionInput, opts ...func(*lambda.Options)) (*lambda.CreateFunctionOutput, error) {
	deadline := time.NewTimer(roleTimeout)
	defer deadline.Stop()
	for {
		out, err := a.lambda.CreateFunction(ctx, input, opts...)
		var api smithy.APIError
		if err == nil || !errors.As(err, &api) || api.ErrorCode() != "InvalidParameterValueException" ||
			!strings.Contains(api.ErrorMessage(), "cannot be assumed by Lambda") {
			return out, err
		}
		again := time.NewTimer(roleRetry)
		select {
		case <-again.C:
		case <-deadline.C:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// update uploads the code, where it is another, and then sets the configuration. Lambda takes one change at a time.
func (a *Account) update(ctx context.Context, f Function, have *lambda.GetFunctionConfigurationOutput) error {
	if aws.ToString(have.CodeSha256) != codeSHA256(f.Zip) {
		input := &lambda.UpdateFunctionCodeInput{FunctionName: &f.Name, Architectures: []types.Architecture{types.Architecture(f.Architecture)}}
		shown := *input
		input.ZipFile = f.Zip
		if _, err := change(ctx, a, "lambda.UpdateFunctionCode", uploadText("ZipFile", f.Zip), shown,
			a.lambda.UpdateFunctionCode, input, nil); err != nil {
			return err
		}
		if err := a.settle(ctx, f.Name); err != nil {
			return err
		}
	}
	input := &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &f.Name, Handler: &f.Handler, Role: &f.Role, Runtime: types.RuntimeProvidedal2023,
		MemorySize: aws.Int32(int32(f.Memory)), Timeout: aws.Int32(int32(f.Timeout)),
		Environment: f.environment(), Layers: f.Layers, TracingConfig: f.tracing(),
	}
	if _, err := change(ctx, a, "lambda.UpdateFunctionConfiguration", "", input,
		a.lambda.UpdateFunctionConfiguration, input, nil); err != nil {
		return err
	}
	return a.settle(ctx, f.Name)
}

func (a *Account) settle(ctx context.Context, name string) error {
	if a.DryRun {
		return nil
	}
	if err := lambda.NewFunctionUpdatedV2Waiter(a.lambda).Wait(ctx, &lambda.GetFunctionInput{FunctionName: &name}, settleTimeout); err != nil {
		return &Error{"wait until the function is updated", err}
	}
	return nil
}
