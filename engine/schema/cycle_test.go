package schema

import (
	"strings"
	"testing"
)

// A schema that refers to itself for the same value cannot check anything: deploys refuse it, and
// refuse no other schema for this.
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
		_, err := CompileNew([]byte(text), 10_000)
		if got := ""; want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			if err != nil {
				got = err.Error()
			}
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
