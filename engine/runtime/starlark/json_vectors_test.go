package starlark

import (
	"bytes"
	"encoding/json"
	"testing"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/internal/jsonvectors"
)

// TestJSONTextsInCode holds json.decode, and what code receives, to the table of JSON texts: every
// text that a node accepts becomes a value and encodes back to the same, and no invalid text ever
// does.
func TestJSONTextsInCode(t *testing.T) {
	for _, c := range jsonvectors.Texts() {
		m := newMeter("vectors", nil, runtime.DefaultLimits())
		m.begin(true)
		v, err := m.decode("value", []byte(c.Text))
		switch c.Verdict {
		case jsonvectors.Broken:
			if err == nil {
				t.Errorf("%.60q is read as %s", c.Text, v)
			}
		case jsonvectors.Taken:
			if err != nil {
				t.Errorf("%.60q: %v", c.Text, err)
				continue
			}
			text, err := m.encode("value", v)
			if err != nil {
				t.Errorf("%.60q: %v", c.Text, err)
				continue
			}
			back, err := m.decode("value", text)
			if err != nil {
				t.Errorf("%.60q is written as %.60q: %v", c.Text, text, err)
				continue
			}
			again, err := m.encode("value", back)
			if err != nil || !bytes.Equal(again, text) {
				t.Errorf("%.60q is written as %.60q, then as %.60q, %v", c.Text, text, again, err)
			}
			if c.Text[0] == '"' && !sameText(c.Text, text) {
				t.Errorf("%.60q is written as %.60q", c.Text, text)
			}
		case jsonvectors.Beyond: // text that is not Unicode is read with U+FFFD; a node would refuse it
			if c.Words != "half of a surrogate pair" && c.Words != "no UTF-8" && err == nil {
				t.Errorf("%.60q is read as %.60s", c.Text, v)
			}
		}
	}
}

func sameText(a string, b []byte) bool {
	var one, two string
	return json.Unmarshal([]byte(a), &one) == nil && json.Unmarshal(b, &two) == nil && one == two
}
