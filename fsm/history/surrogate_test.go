package history

import "testing"

func TestHalfPair(t *testing.T) {
	for text, want := range map[string]int{
		`""`: -1, `"plain"`: -1, `"\n\\"`: -1, `"\u0041"`: -1, `"\ud83d\ude00"`: -1, `"\uD83D\uDE00x\ud83d\ude00"`: -1,
		`"\\ud800"`: -1, `"\\\\ud800"`: -1, `"\ue000\ud7ff"`: -1, `"😀"`: -1,
		`"\ud800"`: 1, `"\ud800x"`: 1, `"\udc00"`: 1, `"\ud83d\ud83d\ude00"`: 1, `"\ude00\ud83d"`: 1, `"\ud83d\u0041"`: 1, `"\ud83d\n"`: 1,
		`"\\\ud800"`: 3, `{"a":"\ud83d\ude00","\udfff":1}`: 21, `["\uDBFF\uDFFF","\uDBFF"]`: 17, `"\ud83d\\ude00"`: 1,
	} {
		if got := HalfPair([]byte(text)); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}
