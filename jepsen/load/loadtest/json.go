package loadtest

import "encoding/json"

// JSON encodes what tests make up.
func JSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
