package workflow

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
)

// Numbers and texts are written and read as encoding/json does it, which they do not go through.
func TestPayloadsAreThoseOfJSON(t *testing.T) {
	for _, v := range []any{0, 7, -7, math.MaxInt64, math.MinInt64, "", "a b", `"`, `\`, "\n", "ä", "\x7f", "\u2028", "\xff", "<&>", true, []int{1}} {
		got, err := encode(v)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		if string(got)+"\n" != want.String() {
			t.Errorf("%q is written as %s, and by json as %s", v, got, want.String())
		}
	}
	for _, text := range []string{"0", "-0", "7", "-12", "007", "-", "+1", "1.0", "1e3", "999999999999999999", "9223372036854775807", "9223372036854775808", " 1", "null", `"1"`, "true", "1 2", "[1]"} {
		same[int](t, text)
		same[int64](t, text)
	}
	for _, text := range []string{`""`, `"a"`, `"a\"b"`, `"a"b"`, `"`, `"\u0041"`, `"ä"`, "\"\n\"", `"a\"`, "null", "1", ` "a"`} {
		same[string](t, text)
	}
}

func same[T comparable](t *testing.T, text string) {
	t.Helper()
	var got, want T
	err, wrong := decode([]byte(text), &got), json.Unmarshal([]byte(text), &want)
	if got != want || (err == nil) != (wrong == nil) {
		t.Errorf("%s is read as %v, %v, and by json as %v, %v", text, got, err, want, wrong)
	}
}
