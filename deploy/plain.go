package deploy

import (
	"encoding/json"
	"fmt"
)

// plain is an input of the SDK's as a value of maps and lists, without what is not set.
func plain(input any) any {
	text, err := json.Marshal(input)
	if err != nil {
		panic(fmt.Sprintf("bug: an input of the SDK's is not JSON: %v", err))
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		panic(fmt.Sprintf("bug: JSON that was just made cannot be read: %v", err))
	}
	return prune(value)
}

// prune takes out what is null, false, empty text, or a map or list of nothing.
func prune(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			if v[key] = prune(item); v[key] == nil {
				delete(v, key)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = prune(v[i])
		}
	case string:
		if v == "" {
			return nil
		}
	case bool:
		if !v { // what the SDK has for a switch that nobody touched
			return nil
		}
	}
	return value
}
