package rows

import (
	"bytes"
	"encoding/json"
	"testing"

	"aion.dev/aion/internal/jsonvectors"
)

// TestJSONItems holds the reader to what encoding/json of Go 1.26 read, for texts whose reading no
// later release changed so far. Should one do so, write down here what 1.26 read.
func TestJSONItems(t *testing.T) {
	for _, text := range jsonvectors.Lists() {
		sameItems(t, []byte(text))
	}
}

func sameItems(t *testing.T, text []byte) {
	t.Helper()
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) == 0 || start[0] != '[' {
		if _, ok := jsonItems(text); ok {
			t.Errorf("%.80q is read as a list", text)
		}
		return
	}
	var want []json.RawMessage
	err := json.Unmarshal(text, &want)
	got, ok := jsonItems(text)
	if ok != (err == nil) || ok && len(got) != len(want) {
		t.Fatalf("%.80q: read %v with %d items; encoding/json: %d items, %v", text, ok, len(got), len(want), err)
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("%.80q: item %d is %s, encoding/json says %s", text, i, got[i], want[i])
		}
	}
}

func FuzzJSONItems(f *testing.F) {
	for _, text := range jsonvectors.Lists()[:40] {
		f.Add([]byte(text))
	}
	f.Fuzz(sameItems)
}

// TestJSONTextsInAList holds the reader of lists to the table of JSON texts.
func TestJSONTextsInAList(t *testing.T) {
	for _, c := range jsonvectors.Texts() {
		list := []byte("[" + c.Text + "]")
		items, ok := jsonItems(list)
		if ok != json.Valid(list) || ok && c.Verdict != jsonvectors.Broken && len(items) != 1 {
			t.Errorf("%.60q: read %v, %d items", c.Text, ok, len(items))
		}
		sameItems(t, list)
	}
}
