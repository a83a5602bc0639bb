package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/lumo-lambda/lumo-lambda/deploy"
)

func runLogs(ctx context.Context, s streams, args []string) error {
	var flags accountFlags
	var q deploy.LogQuery
	f := newFlags("logs")
	since := f.Duration("since", 10*time.Minute, "how far back, as a `DURATION`: 30s, 10m, 24h")
	f.StringVar(&q.Pattern, "filter", "", "CloudWatch's filter `PATTERN`, such as ERROR or '{ $.level = \"ERROR\" }'")
	f.BoolVar(&q.Follow, "follow", false, "go on with new lines until interrupted")
	flags.flags(f)
	rest, err := parse(f, args, s.out)
	if err != nil {
		return err
	}
	if len(rest) > 1 {
		return usagef("logs takes one function, by its name or its folder, and got %d arguments", len(rest))
	}
	if q.Function, err = functionName(rest); err != nil {
		return err
	}
	q.Since = time.Now().Add(-*since)
	account, _, err := flags.open(ctx, s)
	if err != nil {
		return err
	}
	found, err := account.Logs(ctx, q, func(l deploy.LogLine) error {
		if *flags.asJSON {
			return json.NewEncoder(s.out).Encode(l)
		}
		text := strings.ReplaceAll(strings.TrimRight(l.Text, "\r\n"), "\r", "\n")
		p := colours(s.out)
		if strings.Contains(text, "\tERROR\t") || strings.Contains(text, "\tFATAL\t") {
			text = p.red(text)
		}
		_, err := fmt.Fprintln(s.out, text)
		return err
	})
	if ctx.Err() != nil && q.Follow {
		return nil // that is how following ends
	}
	if err != nil {
		return awsFailure(err)
	}
	if !found {
		return &awsError{fmt.Errorf("%s has no log in %s: it was never invoked there, or its role may not write one", q.Function, account.Region)}
	}
	return nil
}

// functionName is what is named, or the name of the function in the folder that is named, or in this one.
func functionName(args []string) (string, error) {
	folder := "."
	if len(args) == 1 {
		folder = args[0]
		if !exists(folder) {
			return args[0], nil
		}
	}
	f, err := openFunction(folder)
	if err != nil {
		return "", err
	}
	defer f.close()
	set, err := f.settings()
	if err != nil {
		return "", err
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("find the function: %w", err)
	}
	return cmp.Or(set.Name, filepath.Base(absolute)), nil
}
