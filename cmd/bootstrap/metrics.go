package main

import (
	"encoding/json"
	"time"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// embedded is CloudWatch's embedded metric format (its specification: _aws.Timestamp in epoch milliseconds, and for each
// directive a namespace, sets of dimensions, and metrics, both by the names of members of the object itself).
type embedded struct {
	AWS struct {
		Timestamp int64       `json:"Timestamp"`
		Metrics   []directive `json:"CloudWatchMetrics"`
	} `json:"_aws"`
	FunctionName string  `json:"FunctionName,omitempty"`
	Spawn        float64 `json:"Spawn"`
	Load         float64 `json:"Load"`
	Compile      float64 `json:"Compile"`
	FirstNext    float64 `json:"FirstNext"`
}

type directive struct {
	Namespace  string       `json:"Namespace"`
	Dimensions [][]string   `json:"Dimensions"`
	Metrics    []definition `json:"Metrics"`
}

type definition struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// startMetrics says where the time of a cold start went, in milliseconds: Spawn from lumo's exec to its own code, Load the
// loading of the handler, Compile the compiler's part of that, FirstNext from bootstrap's start to its asking for an event.
func startMetrics(function string, info lumoproc.Info, now, began time.Time) []byte {
	m := embedded{FunctionName: function, Spawn: info.StartMS, Load: info.LoadMS, Compile: info.CompileMS,
		FirstNext: float64(now.Sub(began).Microseconds()) / 1000}
	m.AWS.Timestamp = now.UnixMilli()
	d := directive{Namespace: "Lumo", Dimensions: [][]string{{}}}
	if function != "" { // a dimension must not be empty
		d.Dimensions[0] = append(d.Dimensions[0], "FunctionName")
	}
	for _, name := range []string{"Spawn", "Load", "Compile", "FirstNext"} {
		d.Metrics = append(d.Metrics, definition{name, "Milliseconds"})
	}
	m.AWS.Metrics = []directive{d}
	line, err := json.Marshal(m)
	if err != nil {
		panic("bug: names and finite numbers are not JSON: " + err.Error())
	}
	return line
}
