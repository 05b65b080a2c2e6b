package schema

import (
	"strings"
	"testing"
)

// Messages show numbers with all digits.
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
		s, err := Compile([]byte(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		if _, reason, err := s.Check(t.Context(), []byte(c.value)); err != nil || !strings.Contains(reason, c.want) {
			t.Errorf("%s of %s: got %q, %v, want %q", c.schema, c.value, reason, err, c.want)
		}
	}
}
