package transport

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

var wantedOfTest = map[string]bool{"a": true, "b": true}

func TestMembers(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":"x","b":7}`: "map[a:x b:7]",
		` { "a" : "x\n\"}" , "c":{"a":"no","d":[1,"]"]}, "b" :true } `: "map[a:x\n\"} b:true]",
		`{"a":null,"b":[1,2]}`:          "map[]",
		`{"b":-1.5e3,"a":{"b":"deep"}}`: "map[b:-1.5e3]",
		`{"a":"x","b":"cut of`:          "map[a:x]",
		`{"a":"x","b":12`:               "map[a:x]",
		`{"a":"x","c":{"d":`:            "map[a:x]",
		`{"a":"x"`:                      "map[a:x]",
		`["a","x"]`:                     "map[]",
		`"a"`:                           "map[]",
		``:                              "map[]",
		`{`:                             "map[]",
		`{"a"`:                          "map[]",
		`{"a":`:                         "map[]",
		`{"a":}`:                        "map[]",
		`{"a":,"b":1}`:                  "map[]",
		`{"a":"\`:                       "map[]",
		`{"a":"` + strings.Repeat("x", 300) + `"}`:             "map[a:" + strings.Repeat("x", auditClip-3) + "...]",
		`{"c":"` + strings.Repeat("x", auditHead) + `","a":1}`: "map[]",
	} {
		if got := fmt.Sprint(members([]byte(text), wantedOfTest)); got != want {
			t.Errorf("%.80s: %.300s, want %.300s", text, got, want)
		}
	}
}

// Whatever somebody sends, the scanner ends, and of an object it finds what the library finds.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{`{"a":"x","b":7}`, `{"a":{"b":[]},"b":"\u00e9\\"}`, `{"a":"`, `{{{"a"`, `{"a":]]]`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := members(text, wantedOfTest)
		var all map[string]json.RawMessage
		if len(text) > auditHead || json.Unmarshal(text, &all) != nil {
			return
		}
		for _, name := range []string{"a", "b"} {
			want, ok := "", false
			if raw := all[name]; len(raw) > 0 {
				want, ok = scalar(raw)
			}
			if value, found := got[name]; found != ok || value != clipped(want) {
				t.Errorf("%q: %s is %q, want %q", text, name, value, want)
			}
		}
	})
}
