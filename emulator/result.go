package emulator

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// errorPayload is the part of Lambda's error object that makes it one.
type errorPayload struct {
	ErrorType    *string `json:"errorType"`
	ErrorMessage *string `json:"errorMessage"`
}

// isErrorPayload reports whether the answer has the form of a function's error.
func isErrorPayload(payload []byte) bool {
	var e errorPayload
	return json.Unmarshal(payload, &e) == nil && e.ErrorType != nil && e.ErrorMessage != nil
}

func errorResult(errorType, message string) Result {
	payload, err := json.Marshal(errorPayload{&errorType, &message})
	if err != nil {
		panic("bug: an error of two strings is not JSON: " + err.Error())
	}
	return Result{Payload: payload, FunctionError: true}
}

// timeoutText is how the genuine emulator says that the time was up, as text with status 200.
var timeoutText = regexp.MustCompile(`^Task timed out after ([0-9]+\.[0-9]{2}) seconds$`)

func timedOut(body []byte) (seconds string, ok bool) {
	if m := timeoutText.FindSubmatch(body); m != nil {
		return string(m[1]), true
	}
	return "", false
}

// timeoutResult and exitResult are what Lambda's Invoke answers in these two cases.
func timeoutResult(seconds string) Result {
	return errorResult("Sandbox.Timedout", fmt.Sprintf("Task timed out after %s seconds", seconds))
}

func exitResult(message string) Result {
	return errorResult("Runtime.ExitError", message)
}
