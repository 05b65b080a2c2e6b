package load

import "encoding/json"

// mustJSON encodes what tests make up.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
