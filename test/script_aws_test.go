package test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// awsCommand is the script's command for AWS:
//
//	aws                        start one, moto, on loopback, and point the environment to it
//	aws log FUNCTION LINE...   write lines into a function's log there
func awsCommand(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case neg:
		ts.Fatalf("aws cannot fail")
	case len(args) == 0:
		startLocalAWS(ts)
	case args[0] == "log" && len(args) > 2:
		ts.Check(writeLog(ts.Getenv("AWS_ENDPOINT_URL"), args[1], args[2:]))
	default:
		ts.Fatalf("usage: aws [log FUNCTION LINE...]")
	}
}

func startLocalAWS(ts *testscript.TestScript) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	address := listener.Addr().String()
	ts.Check(listener.Close())
	_, port, err := net.SplitHostPort(address)
	ts.Check(err)
	moto, err := filepath.EvalSymlinks(filepath.Join(root, ".cache", "aws", "moto"))
	ts.Check(err)
	cmd := exec.Command("python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+moto, "PYTHONDONTWRITEBYTECODE=1", "AWS_DEFAULT_REGION="+region,
		"MOTO_IAM_LOAD_MANAGED_POLICIES=true")
	var output bytes.Buffer // read when the process has ended
	cmd.Stdout, cmd.Stderr = &output, &output
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cmd.Process.Kill()
		cmd.Wait() // it is killed: nothing to learn
		ts.Logf("moto printed:\n%s", shorten(output.String()))
	})
	resp, err := askWhenThere("GET", "http://"+address+"/moto-api/", nil, nil)
	ts.Check(err)
	resp.Body.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": "http://" + address, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey,
		"AWS_EC2_METADATA_DISABLED": "true",
	} {
		ts.Setenv(name, value)
	}
}

// writeLog does what a function on Lambda does.
func writeLog(endpoint, function string, lines []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client := cloudwatchlogs.NewFromConfig(aws.Config{
		Region: region, BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}, nil
		}),
	})
	group, stream := aws.String("/aws/lambda/"+function), aws.String("2026/11/25/[$LATEST]0")
	if _, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group}); err != nil {
		return err
	}
	if _, err := client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream}); err != nil {
		return err
	}
	var events []types.InputLogEvent
	for _, line := range lines {
		events = append(events, types.InputLogEvent{Message: aws.String(line), Timestamp: aws.Int64(time.Now().UnixMilli())})
	}
	_, err := client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, LogEvents: events})
	return err
}
