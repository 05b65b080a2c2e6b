package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// need says whether a call must have a body.
type need bool

const (
	required need = true
	optional need = false
)

// decode reads the body as JSON into v, strictly: a key that v does not have, a value of another type and anything after the value are refused, naming
// field and position. It keeps the body's bytes for the request print.
func (x *exchange) decode(v any, n need) error {
	b, err := x.readBody()
	if err != nil {
		return err
	}
	x.sent = b
	if len(b) == 0 {
		if n == required {
			return invalid("body", "is empty; %s %s needs a JSON object", x.route.method, x.route.path)
		}
		return nil
	}
	return decodeJSON(b, v)
}

func decodeJSON(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if rest := bytes.TrimLeft(b[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
			return invalid("body", "goes on after the JSON value, at %s", position(b, int64(len(b)-len(rest))))
		}
		return checkMembers(b, v)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return invalid("body", "is no JSON: %s at %s", syntax, position(b, syntax.Offset-1))
	}
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		name := mistyped.Field
		if name == "" {
			name = "body"
		}
		return invalid(name, "is a JSON %s at %s; want %s", mistyped.Value, position(b, mistyped.Offset-1), kindOf(mistyped))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		return invalid(clip(name), "is no field of this request, at %s", position(b, d.InputOffset()))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return invalid("body", "is no JSON: it ends too early, at %s", position(b, int64(len(b))))
	}
	return invalid("body", "cannot be read: %v", err)
}

// checkMembers refuses what encoding/json forgives in the members of a request: names in other letter case, a member given twice (the last would count), null
// for the whole, and "" where it would count as absent. A script whose variable is not set must not lose its condition or its workflow id without a word.
func checkMembers(b []byte, v any) error {
	t := reflect.TypeOf(v).Elem()
	if t.Kind() != reflect.Struct {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return invalid("body", "is null; want an object")
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return invalid("body", "cannot be read: %v", err)
		}
		name, at := token.(string), d.InputOffset()-1
		tag, known := tagOf(t, name)
		if !known {
			return invalid(clip(name), "is no field of this request, at %s", position(b, at))
		}
		if seen[name] {
			return invalid(name, "is given twice, the second time at %s", position(b, at))
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return invalid("body", "cannot be read: %v", err)
		}
		if string(value) == `""` && strings.HasSuffix(tag, ",omitempty") && !mayBeEmpty(name) {
			return invalid(name, "is empty; leave it out or give it a value")
		}
	}
	return nil
}

// tagOf finds the field of t that JSON calls name.
func tagOf(t reflect.Type, name string) (tag string, ok bool) {
	for _, f := range reflect.VisibleFields(t) {
		if tag := f.Tag.Get("json"); name == strings.TrimSuffix(tag, ",omitempty") {
			return tag, true
		}
	}
	return "", false
}

// mayBeEmpty reports whether an empty value of a parameter or member means the same as none to everybody.
func mayBeEmpty(name string) bool { return name == "message" || name == "reason" || name == "cursor" }

func kindOf(e *json.UnmarshalTypeError) string {
	switch k := e.Type.Kind().String(); k {
	case "struct", "map":
		return "an object"
	case "slice", "array":
		return "an array"
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	default:
		return "a number (" + k + ")"
	}
}

// position is where people find a byte: line and column, both from 1.
func position(b []byte, offset int64) string {
	before := b[:min(max(offset, 0), int64(len(b)))]
	line := bytes.Count(before, []byte("\n"))
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Sprintf("line %d column %d", line+1, column+1)
}
