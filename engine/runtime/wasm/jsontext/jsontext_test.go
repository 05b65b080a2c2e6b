package jsontext_test

import (
	"encoding/json"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime/wasm/jsontext"
)

func TestObject(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                               "",
		` { } `:                            "",
		`{"1":"a,b","2":[1,{"x":"]}"}]}`:   `1="a,b" 2=[1,{"x":"]}"}]`,
		"{ \"1\" :\t7 ,\n\"a\\u0062\":{}}": `1=7 ab={}`,
		`{"1":"\"}"}`:                      `1="\"}"`,
	} {
		members, ok := jsontext.Object([]byte(text))
		var list []string
		for _, m := range members {
			list = append(list, string(m.Key)+"="+string(m.Value))
		}
		if got := strings.Join(list, " "); !ok || got != want {
			t.Errorf("%s: %q %v", text, got, ok)
		}
	}
	for _, text := range []string{``, `{`, `[]`, `{,}`, `{"1"}`, `{"1":}`, `{1:2}`, `{"1":2,}`, `{"1":2 3}`, `{"1":"}`, `{"1":[}`, `{"1":2]`, `{"\q":1}`} {
		if _, ok := jsontext.Object([]byte(text)); ok {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		`""`: "", `"a\"\\\/\b\f\n\r\t"`: "a\"\\/\b\f\n\r\t", `"\u00e9\ud83d\ude00"`: "é😀", `"\ud800x\udc00"`: "\uFFFDx\uFFFD", `"\ud800\u0041"`: "\uFFFDA",
	} {
		if got, ok := jsontext.Text([]byte(text)); !ok || string(got) != want {
			t.Errorf("%s: %q %v", text, got, ok)
		}
	}
	for _, text := range []string{``, `"`, `a`, `"a`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, `"a"b"`} {
		if _, ok := jsontext.Text([]byte(text)); ok {
			t.Errorf("%s is taken", text)
		}
	}
}

// FuzzText: what is JSON to the library of Go is the same here, and what is written can be read.
func FuzzText(f *testing.F) {
	f.Add([]byte(`{"1":"a\u0041","2":[1,"x"],"3":null}`))
	f.Add([]byte(`[[],{},"\\",-1e5]`))
	f.Add([]byte(`"\ud83d\ude00"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		members, isObject := jsontext.Object(b)
		list, isList := jsontext.List(b)
		text, isText := jsontext.Text(b)
		if json.Valid(b) {
			var object map[string]json.RawMessage
			var values []json.RawMessage
			var said string
			if json.Unmarshal(b, &object) == nil && object != nil && !isObject || json.Unmarshal(b, &values) == nil && values != nil && !isList {
				t.Fatalf("%q is not taken apart", b)
			}
			if len(b) > 0 && b[0] == '"' && json.Unmarshal(b, &said) == nil && len(b) == len(strings.TrimSpace(string(b))) && (!isText || strings.ToValidUTF8(string(text), "\uFFFD") != said && !strings.Contains(said, "\uFFFD")) {
				t.Fatalf("%q says %q, want %q", b, text, said)
			}
			for _, v := range values {
				if len(values) != len(list) {
					t.Fatalf("%q has %d elements, got %d: %s", b, len(values), len(list), v)
				}
			}
			if len(members) < len(object) {
				t.Fatalf("%q has %d members, got %d", b, len(object), len(members))
			}
		}
		written := jsontext.AppendText(nil, b)
		if read, ok := jsontext.Text(written); !ok || !json.Valid(written) || len(read) < len(b) {
			t.Fatalf("%q is written as %q and read as %q", b, written, read)
		}
	})
}
