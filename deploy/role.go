package deploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// trust lets Lambda take the role.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// The policies of AWS's own that a function needs to write its log, and to send traces.
const (
	logsPolicy  = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
	tracePolicy = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
)

// role returns the ARN of the role NAME-role, which is made where it is missing, with rights to write logs and no others.
func (a *Account) role(ctx context.Context, function string, tracing bool) (string, error) {
	name := function + "-role"
	have, found, err := read(ctx, "iam.GetRole", a.iam.GetRole, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return "", err
	}
	if found {
		return aws.ToString(have.Role.Arn), nil
	}
	input := &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust),
		Description: aws.String("What the function " + function + " may do; made by lumo-lambda deploy")}
	made, err := change(ctx, a, "iam.CreateRole", "", input, a.iam.CreateRole, input, nil)
	if err != nil {
		return "", err
	}
	policies := []string{logsPolicy}
	if tracing {
		policies = append(policies, tracePolicy)
	}
	for _, policy := range policies {
		input := &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(policy)}
		if _, err := change(ctx, a, "iam.AttachRolePolicy", "", input, a.iam.AttachRolePolicy, input, nil); err != nil {
			return "", err
		}
	}
	if a.DryRun {
		return "arn:aws:iam::ACCOUNT:role/" + name, nil
	}
	return aws.ToString(made.Role.Arn), nil
}
