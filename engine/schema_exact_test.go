package engine

import (
	"strings"
	"testing"
)

// A schema that refers to itself for the same value can check nothing: deploys refuse it, and no other.
func TestSchemasThatGoInCircles(t *testing.T) {
	for text, want := range map[string]string{
		`{"$ref":"#"}`: "# refers to itself",
		`{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}`:                "refers to itself",
		`{"allOf":[{"anyOf":[{"$ref":"#"}]}]}`:                                                            "refers to itself",
		`{"not":{"$ref":"#"}}`:                                                                            "refers to itself",
		`{"if":true,"then":{"$ref":"#"}}`:                                                                 "refers to itself",
		`{"dependentSchemas":{"x":{"oneOf":[{"$ref":"#"}]}}}`:                                             "refers to itself",
		`{"properties":{"x":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$anchor":"n","allOf":[{"$ref":"#n"}]}}}`: "refers to itself",
		`{"properties":{"next":{"$ref":"#"}}}`:                                                            "",
		`{"items":{"$ref":"#"},"prefixItems":[{"$ref":"#"}],"additionalProperties":{"$ref":"#"}}`:         "",
		`{"$defs":{"a":{"type":"string"}},"allOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}]}`:           "",
		`{"$dynamicAnchor":"node","properties":{"children":{"items":{"$dynamicRef":"#node"}}}}`:           "",
		`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`:                                         "",
	} {
		_, err := compileBounded([]byte(text), 10_000)
		if got := ""; want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			if err != nil {
				got = err.Error()
			}
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// Messages tell of numbers to the digit.
func TestNumbersInMessages(t *testing.T) {
	for _, c := range []struct{ schema, value, want string }{
		{`{"maximum":9007199254740992}`, `9007199254740993`, "maximum: got 9007199254740993, want 9007199254740992"},
		{`{"exclusiveMaximum":9007199254740992}`, `9007199254740992`, "exclusiveMaximum: got 9007199254740992, want 9007199254740992"},
		{`{"minimum":0.1}`, `0.09999999999999999999`, "minimum: got 0.09999999999999999999, want 0.1"},
		{`{"exclusiveMinimum":-1e3}`, `-1000.0`, "exclusiveMinimum: got -1000, want -1000"},
		{`{"multipleOf":0.01}`, `19.999`, "multipleOf: got 19.999, want 0.01"},
		{`{"enum":[9007199254740992]}`, `1`, "9007199254740992"},
		{`{"const":12345678}`, `1`, "12345678"},
	} {
		s, err := compileSchema([]byte(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		if _, reason, err := s.check(t.Context(), []byte(c.value)); err != nil || !strings.Contains(reason, c.want) {
			t.Errorf("%s of %s: got %q, %v, want %q", c.schema, c.value, reason, err, c.want)
		}
	}
}
