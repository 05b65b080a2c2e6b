package fsm

import (
	"encoding/json"
	"testing"

	"aion.dev/aion/internal/jsonvectors"
)

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
