package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"aion.dev/aion/internal/jsonvectors"
)

// canonicalNumbers are numbers and their RFC 8785 form, which is ECMAScript's: the shortest digits
// that mean the same double, with an exponent from 1e21 upwards and below 1e-6.
var canonicalNumbers = map[string]string{
	"0": "0", "-0": "0", "0.0": "0", "-0.0": "0", "0e10": "0", "1": "1", "-1": "-1", "1.0": "1", "1e0": "1", "1E+2": "100", "-1.50": "-1.5", "100": "100", "123.456": "123.456", "0.1": "0.1", "0.10": "0.1",
	"1e20": "100000000000000000000", "1e21": "1e+21", "1E21": "1e+21", "-1e21": "-1e+21", "999999999999999900000": "999999999999999900000", "1000000000000000000000": "1e+21", "1e22": "1e+22", "1.5e22": "1.5e+22",
	"999999999999999868928": "999999999999999900000", "123456789012345680000": "123456789012345680000", "1.2345678901234568e21": "1.2345678901234568e+21",
	"0.000001": "0.000001", "1e-6": "0.000001", "0.0000001": "1e-7", "1e-7": "1e-7", "9.999999e-7": "9.999999e-7", "0.0000012": "0.0000012", "1.2e-7": "1.2e-7", "-1e-7": "-1e-7", "0.00001": "0.00001",
	"5e-324": "5e-324", "4.9e-324": "5e-324", "-5e-324": "-5e-324", "1e-323": "1e-323", "2.2250738585072014e-308": "2.2250738585072014e-308", "2.225073858507201e-308": "2.225073858507201e-308",
	"1.7976931348623157e308": "1.7976931348623157e+308", "-1.7976931348623157e+308": "-1.7976931348623157e+308", "9007199254740991": "9007199254740991", "9007199254740992": "9007199254740992",
	"9007199254740993": "9007199254740992", "9007199254740994": "9007199254740994", "9007199254740995": "9007199254740996", "-9007199254740993": "-9007199254740992", "295147905179352830000": "295147905179352830000",
	"333333333.33333329": "333333333.3333333", "0.30000000000000004": "0.30000000000000004", "4.5": "4.5", "2e-3": "0.002", "1e23": "1e+23", "1.0000000000000002": "1.0000000000000002", "9.5367431640625e-7": "9.5367431640625e-7",
	"10e-1": "1", "12e300": "1.2e+301", "0.000000000000000000000000001": "1e-27", "1e-400": "0", "3.141592653589793238": "3.141592653589793", "18446744073709551615": "18446744073709552000",
}

// canonicalTexts are texts and their RFC 8785 form: escapes only where required and in the shortest
// form, members ordered by the UTF-16 units of their names, no white space.
var canonicalTexts = map[string]string{
	`"\u0041"`: `"A"`, `"\/"`: `"/"`, `"\u002f"`: `"/"`, `"\u20ac"`: `"€"`, `"\ud83d\ude00"`: `"😀"`, `"\uD83D\uDE00"`: `"😀"`, `"\u00e9"`: `"é"`, `"e\u0301"`: "\"e\u0301\"", `"\u2028\u2029"`: "\"\u2028\u2029\"",
	`"\u0000\u0001\u001f"`: `"\u0000\u0001\u001f"`, `"\u0008\u0009\u000a\u000c\u000d"`: `"\b\t\n\f\r"`, `"\u000B"`: `"\u000b"`, `"\u001F"`: `"\u001f"`, `"\u007f"`: "\"\u007f\"", `"\u0080"`: "\"\u0080\"",
	`"\u0022\u005c"`: `"\"\\"`, `"<>&'"`: `"<>&'"`, `"\u003c"`: `"<"`, `"\ufeff"`: "\"\ufeff\"", `""`: `""`, `" a "`: `" a "`,
	`{}`: `{}`, ` { } `: `{}`, `[ ]`: `[]`, " [ 1 ,\n2 ] ": `[1,2]`, `[true,false,null]`: `[true,false,null]`, `[3,1,2]`: `[3,1,2]`, `[[[]],{"a":{}}]`: `[[[]],{"a":{}}]`,
	`{"b":1,"a":2}`: `{"a":2,"b":1}`, `{"a":1,"B":2,"A":3}`: `{"A":3,"B":2,"a":1}`, `{"10":1,"2":2,"1":3,"":4}`: `{"":4,"1":3,"10":1,"2":2}`, `{"aa":1,"a":2,"ab":3}`: `{"a":2,"aa":1,"ab":3}`,
	`{"b":{"z":1,"y":[{"d":1,"c":2}]},"a":0}`: `{"a":0,"b":{"y":[{"c":2,"d":1}],"z":1}}`, `{"é":1,"z":2}`: `{"z":2,"é":1}`, `{"a\u0000":1,"a":2}`: `{"a":2,"a\u0000":1}`, `{"\n":1,"\t":2,"\u0000":3}`: `{"\u0000":3,"\t":2,"\n":1}`,
	// By UTF-16 units a smiley (d83d) sorts before a private character (e000); by code points after
	// it.
	`{"\ue000":1,"\ud83d\ude00":2}`: "{\"😀\":2,\"\ue000\":1}", `{"\ufb33":1,"😀":2,"\u20ac":3,"\u0080":4,"\u00f6":5,"1":6,"\r":7}`: "{\"\\r\":7,\"1\":6,\"\u0080\":4,\"ö\":5,\"€\":3,\"😀\":2,\"\ufb33\":1}",
	`{"\uffff":1,"\udbff\udfff":2}`: "{\"\U0010ffff\":2,\"\uffff\":1}", `{"\u0061":1}`: `{"a":1}`, `{"x":1.0,"y":-0,"z":1E3}`: `{"x":1,"y":0,"z":1000}`,
}

// TestCanonicalVectors checks the canonical form, from which versions and digests are computed,
// against RFC 8785.
func TestCanonicalVectors(t *testing.T) {
	same := func(text, want string) {
		t.Helper()
		got, err := canonicalJSON([]byte(text))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
			return
		}
		if again, err := canonicalJSON(got); err != nil || string(again) != want {
			t.Errorf("%s is canonical, and becomes %s, %v", want, again, err)
		}
	}
	for number, want := range canonicalNumbers {
		same(number, want)
		same(`{"b":[`+number+`],"a":`+number+`}`, `{"a":`+want+`,"b":[`+want+`]}`)
	}
	for text, want := range canonicalTexts {
		same(text, want)
	}
	t.Logf("vectors: %d numbers, %d texts", len(canonicalNumbers), len(canonicalTexts))
}

// TestJSONTextsInASchema checks what a package's schema may contain against the table of JSON
// texts. It is strict, because everybody has to compute the same version of it.
func TestJSONTextsInASchema(t *testing.T) {
	for _, c := range jsonvectors.Texts() {
		schema := `{"const":` + c.Text + `}`
		_, err := SchemaDigest(json.RawMessage(schema))
		taken := json.Valid([]byte(c.Text)) && utf8.ValidString(c.Text) && !strings.Contains(c.Words, "surrogate") && inexact([]byte(c.Text)) == "" && !repeats(c.Text)
		if broken := c.Verdict == jsonvectors.Broken; broken && err == nil || !broken && taken != (err == nil) {
			t.Errorf("%.60q: taken %v, got %v", c.Text, taken, err)
		}
		if err != nil && (len(err.Error()) > 500 || !utf8.ValidString(fmt.Sprint(err))) {
			t.Errorf("%.60q: the refusal is %.600q", c.Text, err)
		}
	}
}

// repeats reports whether a text of the table repeats a member.
func repeats(text string) bool {
	return text == `{"a":1,"a":2}` || text == `{"a":1,"a":1}` || text == `{"a":1,"\u0061":2}`
}
