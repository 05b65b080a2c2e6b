package wasm

import (
	"testing"

	"aion.dev/aion/fsm/history"
)

// Records that scripts say are those of docs/GUEST.md, and the other way round.
func TestScriptRecords(t *testing.T) {
	activity, child := startFields[startActivity], startFields[startChild]
	for text, want := range map[string]record{
		`{"1":"pay","3":5,"20":3}`:              record(nil).text(1, "pay").payload(3, history.Payload("5")).number(20, 3),
		`{ "1" : "a\n", "2" : 1e9 }`:            record(nil).text(1, "a\n").number(2, 1e9),
		`{"1":"pay","22":1.5}`:                  record(nil).text(1, "pay").field(22, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}),
		`{"1":"pay","24":["a","b"]}`:            record(nil).text(1, "pay").text(24, "a").text(24, "b"),
		`{"9":["k","l"],"10":[{"x":[1,2]},""]}`: record(nil).text(9, "k").text(9, "l").field(10, []byte(`{"x":[1,2]}`)).field(10, []byte(`""`)),
		`{"9":[]}`:                              nil,
	} {
		f := activity
		switch {
		case text[:4] == `{"9"`:
			f = child
		case text[1] == ' ':
			f = startFields[startSignal]
		}
		got, err := recordOf([]byte(text), f)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is %x, want %x: %v", text, got, want, err)
		}
	}
	for text, r := range map[string]record{
		`{"1":"failed","2":"\"no\"\u000a","3":{"x":1},"4":1,"5":7}`: errorRecord(&history.RunError{Kind: "failed", Message: "\"no\"\n", Details: history.Payload(`{"x":1}`), Retryable: true}, 7),
		`{"1":"a","2":"` + "\uFFFD" + `","5":7}`:                    errorRecord(&history.RunError{Kind: "a", Message: "\xff"}, 7),
		`{"5":-7}`:                                                  errorRecord(&history.RunError{}, 1<<64-7),
		`{}`:                                                        nil,
	} {
		if got := jsonOf(r, errorFields); string(got) != text {
			t.Errorf("%s, want %s", got, text)
		}
	}
	for text, want := range map[string]string{
		`{"1":9223372036854775808}`: "", `{"1":-9223372036854775808}`: "x", `{"1":1e18}`: "x", `{"1":1e19}`: "", `{"1":"1"}`: "", `{"1":null}`: "", `{"1":NaN}`: "",
	} {
		if _, err := recordOf([]byte(text), startFields[startTimer]); (err == nil) != (want != "") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzScriptRecord: whatever a script says is a record that can be read, or refused.
func FuzzScriptRecord(f *testing.F) {
	f.Add(`{"1":"pay","2":"q","3":{"x":[1]},"4":1e9,"20":3,"22":1.5,"24":["a"]}`)
	f.Add(`{"9":["k","l"],"10":[1,2]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, kinds := range []fields{startFields[startActivity], startFields[startChild], errorFields, describeFields, tellFields[2]} {
			r, err := recordOf([]byte(text), kinds)
			if err != nil {
				continue
			}
			for read := (&reading{rest: r}); len(read.rest) > 0; {
				n := read.rest[0]
				value, ok := read.take(n)
				switch kind := kinds[n]; {
				case !ok && read.err == nil, ok && kind == 0, ok && (kind == 'n' || kind == 'd') && len(value) != 8:
					t.Fatalf("%s is %x", text, r)
				case !ok || read.err != nil: // fields out of order
					return
				}
			}
		}
	})
}
