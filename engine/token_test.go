package engine

import (
	"encoding/base64"
	"math"
	"testing"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

func TestTokens(t *testing.T) {
	id := history.DeriveRunID(history.RunID{1}, "test", 1)
	for _, token := range []fsm.TaskToken{{}, {RunID: id, ID: 1, Attempt: 1}, {RunID: id, ID: 300, Attempt: 127}, {RunID: id, ID: math.MaxUint64, Attempt: math.MaxUint32}} {
		text := writeToken("", token)
		got, err := readToken("", text)
		if err != nil || got != token || len(text) > maxToken {
			t.Errorf("%+v is %q, read as %+v, %v", token, text, got, err)
		}
		for i := range text { // neither truncated, nor longer, nor another encoding of the same token
			if got, err := readToken("", text[:i]); err == nil && got == token {
				t.Errorf("%q cut to %d characters is read as the same", text, i)
			}
		}
		for _, more := range []string{"A", "AA", "=", "\n", " "} {
			if got, err := readToken("", text+more); err == nil {
				t.Errorf("%q is read as %+v", text+more, got)
			}
		}
	}
	over := func(attempt ...byte) string {
		return base64.RawURLEncoding.EncodeToString(append(append([]byte{tokenFormat}, id[:]...), append([]byte{1}, attempt...)...))
	}
	if _, err := readToken("", over(7)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "AQ", "not base64!", over(), over(0x80), over(0x87, 0), over(0xff, 0xff, 0xff, 0xff, 0x7f), over(7, 7), "Ag" + over(7)[2:], string(make([]byte, 1000))} {
		if got, err := readToken("", text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add(writeToken("", fsm.TaskToken{ID: 1, Attempt: 1}))
	f.Fuzz(func(t *testing.T, text string) {
		if token, err := readToken("", text); err == nil && writeToken("", token) != text {
			t.Errorf("%q is read as %+v, which is written %q", text, token, writeToken("", token))
		}
	})
}
