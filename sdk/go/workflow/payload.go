package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// None stands for a value that does not matter: the input of a workflow that takes none, the
// argument of a query that needs none. It accepts every JSON value.
type None = struct{}

// encode writes a value as JSON. Nil is no payload at all, which means null.
func encode(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // payloads are no web pages, and count by their bytes
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes()[:b.Len()-1], nil // without the line feed
}

// mustEncode is encode for what code passes to a call that cannot fail. What and name say what the
// value is.
func mustEncode(what, name string, v any) []byte {
	b, err := encode(v)
	if err != nil {
		panic(misuse(what + name + ": " + err.Error()))
	}
	return b
}

// decode reads JSON into the variable that into points to. Without a payload it keeps its value.
func decode(b []byte, into any) error {
	if len(b) == 0 {
		return nil
	}
	switch into := into.(type) {
	case *None:
		return nil
	case *json.RawMessage:
		*into = bytes.Clone(b)
		return nil
	}
	return json.Unmarshal(b, into)
}

// argument reads the value for a function of the author's.
func argument[T any](what, name string, b []byte) (v T, err error) {
	if err = decode(b, &v); err != nil {
		err = fmt.Errorf("%s%s: %w", what, name, err)
	}
	return v, err
}
