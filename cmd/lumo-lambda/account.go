package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/deploy"
)

// accountFlags are those of the commands that ask AWS.
type accountFlags struct {
	region string
	dryRun bool
	asJSON *bool
}

func (a *accountFlags) flags(f *flag.FlagSet) {
	f.StringVar(&a.region, "region", "", "the `REGION` (default: AWS's own settings)")
	a.asJSON = jsonFlag(f)
}

func (a *accountFlags) dryRunFlag(f *flag.FlagSet) {
	f.BoolVar(&a.dryRun, "dry-run", false, "print the requests that would change something, and send none of them")
}

// open returns the account. Its requests that change something are told on standard error; of a dry run they are the answer.
func (a *accountFlags) open(ctx context.Context, s streams) (*deploy.Account, *requests, error) {
	var upload func(done, total int64)
	if isTerminal(s.err) {
		upload = progressBar(s.err)
	}
	account, err := deploy.Open(ctx, a.region, upload)
	if err != nil {
		return nil, nil, err
	}
	r := &requests{s: s, dryRun: a.dryRun, asJSON: *a.asJSON, list: []deploy.Request{}}
	account.DryRun, account.Tell = a.dryRun, r.tell
	return account, r, nil
}

// awsFailure is err as the exit status wants it: what AWS said, or the user's mistake.
func awsFailure(err error) error {
	var aws *deploy.Error
	if errors.As(err, &aws) {
		return &awsError{err}
	}
	return err
}

// requests are those that change something.
type requests struct {
	s              streams
	dryRun, asJSON bool
	list           []deploy.Request
}

func (r *requests) tell(request deploy.Request) {
	r.list = append(r.list, request)
	switch {
	case r.asJSON:
	case r.dryRun:
		fmt.Fprintln(r.s.out, colours(r.s.out).bold(request.Operation))
		printJSON(r.s.out, request.Input)
		if request.Upload != "" {
			fmt.Fprintln(r.s.out, request.Upload)
		}
	default:
		fmt.Fprintln(r.s.err, request.Operation)
	}
}

// answer prints what a command came to, if it is the answer: a dry run's answer is its requests.
func (r *requests) answer(value any, text string) error {
	switch {
	case r.asJSON && r.dryRun:
		return printJSON(r.s.out, map[string]any{"requests": r.list})
	case r.asJSON:
		return printJSON(r.s.out, value)
	case r.dryRun:
		return nil
	}
	_, err := fmt.Fprintln(r.s.out, text)
	return err
}

// progressBar draws how far an upload is, on one line.
func progressBar(w io.Writer) func(done, total int64) {
	const width = 30
	drawn := -1
	return func(done, total int64) {
		percent := int(100 * done / max(total, 1))
		if percent == drawn {
			return
		}
		drawn = percent
		full := width * percent / 100
		fmt.Fprintf(w, "\r[%s%s] %3d %%", strings.Repeat("#", full), strings.Repeat(" ", width-full), percent)
		if done >= total {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}
