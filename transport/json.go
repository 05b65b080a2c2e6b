package transport

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// need says whether a call must have a body.
type need bool

const (
	required need = true
	optional need = false
)

// decode decodes the body as JSON into v, strictly. It rejects a key that v does not have, a value
// of another type, and anything after the value, naming field and position. It keeps the body's
// bytes for the request print.
func (x *exchange) decode(v any, n need) error {
	b, err := x.readBody()
	if err != nil {
		return err
	}
	x.bodyBytes = b
	if len(b) == 0 {
		if n == required {
			return invalid("body", "is empty; %s %s needs a JSON object", x.route.method, x.route.path)
		}
		return nil
	}
	if err := decodeJSON(b, v); err != nil {
		return err
	}
	x.enter(v)
	return nil
}

func decodeJSON(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return malformed(b, syntax)
	}
	if err := checkMembers(b, v); err != nil { // before reporting a mistyped value, which may belong to another member
		return err
	}
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		name := pathOf(b, int(mistyped.Offset)-1)
		return invalid(cmp.Or(name, "body"), "is a JSON %s at %s; want %s", mistyped.Value, position(b, mistyped.Offset-1), kindOf(mistyped))
	}
	if err != nil {
		return invalid("body", "cannot be read: %v", err)
	}
	return nil
}

func malformed(b []byte, err *json.SyntaxError) error {
	switch text := err.Error(); {
	case strings.HasSuffix(text, "after top-level value"):
		return invalid("body", "goes on after the JSON value, at %s", position(b, err.Offset-1))
	case text == "unexpected end of JSON input":
		return invalid("body", "is not JSON: it ends too early, at %s", position(b, int64(len(b))))
	}
	return invalid("body", "is not JSON: %s at %s", err, position(b, err.Offset-1))
}

func kindOf(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		return fmt.Sprintf("a whole number from 0 to %d", uint64(math.MaxUint64)>>(64-e.Type.Bits()))
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		most := int64(math.MaxInt64) >> (64 - e.Type.Bits())
		return fmt.Sprintf("a whole number from %d to %d", -most-1, most)
	default:
		return "a number"
	}
}

// position returns a byte's position for people: line and column, both from 1.
func position(b []byte, offset int64) string {
	before := b[:min(max(offset, 0), int64(len(b)))]
	line := bytes.Count(before, []byte("\n"))
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Sprintf("line %d column %d", line+1, column+1)
}
