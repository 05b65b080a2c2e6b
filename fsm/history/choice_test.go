package history

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestChoicesAreWords(t *testing.T) {
	type both struct {
		Policy ClosePolicy
		Choice ChildVersion
	}
	for policy, p := range map[ClosePolicy]string{CloseTerminate: "terminate", CloseCancel: "cancel", CloseAbandon: "abandon", 7: "7"} {
		for choice, c := range map[ChildVersion]string{ChildDefault: "default", ChildParent: "parent", ChildRouted: "routed", 9: "9"} {
			text, err := json.Marshal(both{policy, choice})
			if want := fmt.Sprintf(`{"Policy":%q,"Choice":%q}`, p, c); err != nil || string(text) != want {
				t.Errorf("%d and %d are written %s, %v; want %s", policy, choice, text, err, want)
			}
			var back both
			if err := json.Unmarshal(text, &back); err != nil || back != (both{policy, choice}) {
				t.Errorf("%s is read as %+v, %v", text, back, err)
			}
		}
	}
	for _, word := range []string{"", "Cancel", "1", "007", "300", "7x"} {
		var p ClosePolicy
		if err := p.UnmarshalText([]byte(word)); err == nil {
			t.Errorf("%q is read as %d", word, p)
		}
	}
}
