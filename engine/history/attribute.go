package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a run's attributes.
const (
	MaxAttributes     = 100     // names set in one call
	MaxAttributeName  = 100     // characters of one
	MaxAttributeBytes = 4 << 10 // of one value
)

// CheckAttributeName refuses names that are empty, too long or no UTF-8.
func CheckAttributeName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxAttributeName || !utf8.ValidString(name) {
		return fmt.Errorf("attribute name %.100q has %d characters; 1 to %d of UTF-8 are allowed", name, n, MaxAttributeName)
	}
	return nil
}

// CanonicalAttribute returns a value in the one spelling under which equal values are equal bytes: listing runs by attribute compares bytes. Values are strings,
// integers, finite floats, booleans, lists of strings, and null, which removes a name.
func CanonicalAttribute(value Payload) (Payload, error) {
	if len(value) > MaxAttributeBytes {
		return nil, fmt.Errorf("has %d bytes, the limit is %d", len(value), MaxAttributeBytes)
	}
	if len(value) == 0 {
		return Payload("null"), nil
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() || !utf8.Valid(value) {
		return nil, fmt.Errorf("is no JSON value")
	}
	switch v := v.(type) {
	case nil, string, bool:
		return spell(v), nil
	case json.Number:
		return canonicalNumber(string(v))
	case []any:
		for _, item := range v {
			if _, ok := item.(string); !ok {
				return nil, fmt.Errorf("is a list with something other than strings")
			}
		}
		return spell(v), nil
	}
	return nil, fmt.Errorf("is neither a string, a number, a boolean nor a list of strings")
}

// canonicalNumber keeps integers to the digit, and spells floats as Go and JavaScript do.
func canonicalNumber(s string) (Payload, error) {
	if !strings.ContainsAny(s, ".eE") {
		if s == "-0" {
			s = "0"
		}
		return Payload(s), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("%.100q is no finite 64-bit number", s)
	}
	return spell(f), nil
}

// spell writes a value that came from JSON, so that it cannot fail.
func spell(v any) Payload {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
