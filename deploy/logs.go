package deploy

import (
	"context"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// followEvery is how often new lines are asked for.
const followEvery = 2 * time.Second

// lateLines is how late a line may come and be shown still.
const lateLines = 10 * time.Second

// LogQuery says which lines of a function's log are wanted.
type LogQuery struct {
	Function string
	Since    time.Time
	Pattern  string // CloudWatch's filter pattern; empty: all
	Follow   bool   // go on until the context ends
}

// LogLine is one line of a log.
type LogLine struct {
	Time   time.Time `json:"time"`
	Stream string    `json:"stream"`
	Text   string    `json:"message"`
}

// Logs calls line for each line, in the order of time. found is false where the function has no log yet.
func (a *Account) Logs(ctx context.Context, q LogQuery, line func(LogLine) error) (found bool, err error) {
	since := q.Since
	seen := map[string]time.Time{} // what was told, by its id
	for {
		found, err = a.page(ctx, q, since, seen, line)
		if err != nil || !q.Follow {
			return found, err
		}
		// Lines of several sandboxes come late, so the last of them are asked for again.
		for _, at := range seen {
			if late := at.Add(-lateLines); late.After(since) {
				since = late
			}
		}
		maps.DeleteFunc(seen, func(_ string, at time.Time) bool { return at.Before(since) })
		again := time.NewTimer(followEvery)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return found, nil
		}
	}
}

// page tells all lines from a time on that were not told.
func (a *Account) page(ctx context.Context, q LogQuery, since time.Time, seen map[string]time.Time, line func(LogLine) error) (found bool, err error) {
	input := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String("/aws/lambda/" + q.Function), StartTime: aws.Int64(since.UnixMilli()),
	}
	if q.Pattern != "" {
		input.FilterPattern = &q.Pattern
	}
	for {
		out, found, err := read(ctx, "logs.FilterLogEvents", a.logs.FilterLogEvents, input)
		if err != nil || !found {
			return false, err
		}
		for _, e := range out.Events {
			l := LogLine{time.UnixMilli(aws.ToInt64(e.Timestamp)), aws.ToString(e.LogStreamName), aws.ToString(e.Message)}
			id := l.Stream + "\x00" + aws.ToString(e.EventId) + "\x00" + l.Text
			if _, told := seen[id]; told {
				continue
			}
			seen[id] = l.Time
			if err := line(l); err != nil {
				return true, err
			}
		}
		if out.NextToken == nil {
			return true, nil
		}
		input.NextToken = out.NextToken
	}
}
