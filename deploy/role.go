package deploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// trust lets Lambda take the role.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// The policies of AWS's own that a function needs to write its log, and to send traces.
const (
	logsPolicy  = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
	tracePolicy = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
)

// role returns the ARN of the role NAME-role. It is made where it is missing, with rights to write logs, and traces where they
// are on; a role that lacks these gets them.
func (a *Account) role(ctx context.Context, function string, tracing bool) (string, error) {
	name := function + "-role"
	have, found, err := read(ctx, "iam.GetRole", a.iam.GetRole, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return "", err
	}
	arn, attached := "arn:aws:iam::ACCOUNT:role/"+name, map[string]bool{}
	if found {
		arn = aws.ToString(have.Role.Arn)
		list, _, err := read(ctx, "iam.ListAttachedRolePolicies", a.iam.ListAttachedRolePolicies, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
		if err != nil {
			return "", err
		}
		for _, policy := range list.AttachedPolicies {
			attached[aws.ToString(policy.PolicyArn)] = true
		}
	} else {
		input := &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust),
			Description: aws.String("What the function " + function + " may do; made by lumo-lambda deploy")}
		made, err := change(ctx, a, "iam.CreateRole", "", input, a.iam.CreateRole, input, &iam.CreateRoleOutput{Role: &types.Role{Arn: &arn}})
		if err != nil {
			return "", err
		}
		arn = aws.ToString(made.Role.Arn)
	}
	policies := []string{logsPolicy}
	if tracing {
		policies = append(policies, tracePolicy)
	}
	for _, policy := range policies {
		if attached[policy] {
			continue
		}
		input := &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(policy)}
		if _, err := change(ctx, a, "iam.AttachRolePolicy", "", input, a.iam.AttachRolePolicy, input, nil); err != nil {
			return "", err
		}
	}
	return arn, nil
}
