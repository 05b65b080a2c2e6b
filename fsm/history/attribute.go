package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"aion.dev/aion/catalog"
)

// Bounds of a run's attributes. They hold in replay too: none is ever made smaller.
const (
	MaxAttributes      = 100      // names of a run, and names set in one call
	MaxAttributeName   = 100      // characters of one
	MaxAttributeBytes  = 4 << 10  // of one value
	MaxAttributeItems  = 100      // of one list
	MaxAttributesBytes = 32 << 10 // of all names and values of a run
)

// CheckAttributeName refuses names that are empty, too long or no UTF-8.
func CheckAttributeName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxAttributeName || !utf8.ValidString(name) {
		return fmt.Errorf("attribute name %s has %d characters; 1 to %d of UTF-8 are allowed", catalog.QuoteStart(name, 100), n, MaxAttributeName)
	}
	return nil
}

// CheckAttributesSize refuses more attributes than a run may have.
func CheckAttributesSize(set Attributes) error {
	if len(set) > MaxAttributes {
		return fmt.Errorf("%d names, the limit is %d", len(set), MaxAttributes)
	}
	size := 0
	for name, value := range set { // any order: a sum
		size += len(name) + len(value)
	}
	if size > MaxAttributesBytes {
		return fmt.Errorf("%d bytes of names and values, the limit is %d", size, MaxAttributesBytes)
	}
	return nil
}

// CanonicalAttribute returns a value in the one spelling under which equal values are equal bytes:
// listing runs by attribute compares bytes. Values are strings, integers, finite floats, booleans,
// lists of strings, and null, which removes a name. A time is a string as RFC 3339 writes it, and
// is spelled in UTC: the same moment is found however it was written.
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
	case nil, bool:
		return spell(v), nil
	case string:
		return spell(canonicalTime(v)), nil
	case json.Number:
		return canonicalNumber(string(v))
	case []any:
		if len(v) > MaxAttributeItems {
			return nil, fmt.Errorf("is a list of %d items, the limit is %d", len(v), MaxAttributeItems)
		}
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("is a list with something other than strings")
			}
			v[i] = canonicalTime(s)
		}
		return spell(v), nil
	}
	return nil, fmt.Errorf("is neither a string, a number, a boolean nor a list of strings")
}

// canonicalTime spells a time in UTC, to the nanosecond and without zeros at its end. Any other
// string stays what it is.
func canonicalTime(s string) string {
	var t time.Time
	if err := t.UnmarshalText([]byte(s)); err != nil || strings.Contains(s, ",") { // Go reads a comma where RFC 3339 has a point
		return s
	}
	b, err := t.UTC().MarshalText()
	if err != nil { // in UTC it is in another millennium than RFC 3339 can write
		return s
	}
	return string(b)
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
		return nil, fmt.Errorf("%s is no finite 64-bit number", catalog.QuoteStart(s, 100))
	}
	if f == 0 {
		f = 0 // -0.0 equals it
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
