// Package deploy brings functions and layers to AWS, and their logs back.
//
// # Requests
//
// Reading requests are always sent. One that changes something is first told to [Account.Tell]; where [Account.DryRun] is set
// it is not sent, and its answer is assumed. So a dry run shows exactly what would be asked for, given what is there.
//
// An error of AWS's is an [Error], which says the operation.
//
// # Endpoints and credentials
//
// They are the SDK's own: AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ~/.aws and so on.
package deploy
