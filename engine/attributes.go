package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"aion.dev/aion/engine/history"
)

// Limits of a run's attributes as a caller gives them.
const (
	MaxAttributes     = 100
	MaxAttributeName  = 100     // characters
	MaxAttributeBytes = 4 << 10 // of one value
)

// checkAttributes refuses what is no set of attributes and returns them in the one spelling under which equal values are equal bytes: listing compares
// bytes. Values are strings (times are RFC 3339 strings), integers, finite floats, booleans and lists of strings.
func checkAttributes(in history.Attributes) (history.Attributes, error) {
	if len(in) > MaxAttributes {
		return nil, invalid("attributes", "has %d names, the limit is %d", len(in), MaxAttributes)
	}
	if len(in) == 0 {
		return nil, nil
	}
	out := make(history.Attributes, len(in))
	for name, value := range in {
		if n := utf8.RuneCountInString(name); n < 1 || n > MaxAttributeName || !utf8.ValidString(name) {
			return nil, invalid("attributes", "has the name %q of %d characters; 1 to %d are allowed", clip(name), n, MaxAttributeName)
		}
		canonical, err := canonicalAttribute(value)
		if err != nil {
			return nil, invalid("attributes."+name, "%v", err)
		}
		out[name] = canonical
	}
	return out, nil
}

func canonicalAttribute(value history.Payload) (history.Payload, error) {
	if len(value) > MaxAttributeBytes {
		return nil, fmt.Errorf("has %d bytes, the limit is %d", len(value), MaxAttributeBytes)
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() || !utf8.Valid(value) {
		return nil, fmt.Errorf("%q is no JSON value", clip(string(value)))
	}
	switch v := v.(type) {
	case string, bool:
		return encodeJSON(v), nil
	case json.Number:
		return canonicalNumber(string(v))
	case []any:
		for _, item := range v {
			if _, ok := item.(string); !ok {
				return nil, fmt.Errorf("is a list with something other than strings")
			}
		}
		return encodeJSON(v), nil
	}
	return nil, fmt.Errorf("is neither a string, a number, a boolean nor a list of strings")
}

// canonicalNumber keeps integers to the digit, and spells floats as Go and JavaScript would.
func canonicalNumber(s string) (history.Payload, error) {
	if !strings.ContainsAny(s, ".eE") {
		if s == "-0" {
			s = "0"
		}
		return history.Payload(s), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no finite 64-bit number", clip(s))
	}
	return encodeJSON(f), nil
}

// encodeJSON writes a value that came from JSON, so that it cannot fail.
func encodeJSON(v any) history.Payload {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
