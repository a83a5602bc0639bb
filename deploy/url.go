package deploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// url gives the function its URL, as f has it, and returns it.
func (a *Account) url(ctx context.Context, f Function) (string, error) {
	auth, mode := types.FunctionUrlAuthTypeAwsIam, types.InvokeModeBuffered
	if f.URL == "public" {
		auth = types.FunctionUrlAuthTypeNone
	}
	if f.Streaming {
		mode = types.InvokeModeResponseStream
	}
	have, found, err := read(ctx, "lambda.GetFunctionUrlConfig", a.lambda.GetFunctionUrlConfig, &lambda.GetFunctionUrlConfigInput{FunctionName: &f.Name})
	if err != nil {
		return "", err
	}
	var address string
	switch {
	case found && have.AuthType == auth && (have.InvokeMode == mode || have.InvokeMode == "" && !f.Streaming):
		return aws.ToString(have.FunctionUrl), nil
	case found:
		input := &lambda.UpdateFunctionUrlConfigInput{FunctionName: &f.Name, AuthType: auth, InvokeMode: mode}
		out, err := change(ctx, a, "lambda.UpdateFunctionUrlConfig", "", input, a.lambda.UpdateFunctionUrlConfig, input, &lambda.UpdateFunctionUrlConfigOutput{FunctionUrl: have.FunctionUrl})
		if err != nil {
			return "", err
		}
		address = aws.ToString(out.FunctionUrl)
	default:
		input := &lambda.CreateFunctionUrlConfigInput{FunctionName: &f.Name, AuthType: auth, InvokeMode: mode}
		out, err := change(ctx, a, "lambda.CreateFunctionUrlConfig", "", input, a.lambda.CreateFunctionUrlConfig, input, &lambda.CreateFunctionUrlConfigOutput{FunctionUrl: aws.String("https://ID.lambda-url." + a.Region + ".on.aws/")})
		if err != nil {
			return "", err
		}
		address = aws.ToString(out.FunctionUrl)
	}
	if f.URL == "public" {
		return address, a.open(ctx, f.Name)
	}
	return address, nil
}

// open lets everybody call the URL: both permissions are asked for since October 2025.
func (a *Account) open(ctx context.Context, name string) error {
	for _, input := range []*lambda.AddPermissionInput{
		{FunctionName: &name, StatementId: aws.String("public-url"), Principal: aws.String("*"),
			Action: aws.String("lambda:InvokeFunctionUrl"), FunctionUrlAuthType: types.FunctionUrlAuthTypeNone},
		{FunctionName: &name, StatementId: aws.String("public-url-invoke"), Principal: aws.String("*"),
			Action: aws.String("lambda:InvokeFunction"), InvokedViaFunctionUrl: aws.Bool(true)},
	} {
		if _, err := change(ctx, a, "lambda.AddPermission", "", input, a.lambda.AddPermission, input, nil); err != nil {
			return err
		}
	}
	return nil
}
