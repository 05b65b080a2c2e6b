package transport_test

import (
	"encoding/json"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/wire"
)

// TestNamespacesArePaged: no page has more than limit rows, default included, and all pages have
// each namespace once.
func TestNamespacesArePaged(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1").lead()
	const all = "default a b z"
	for _, name := range strings.Fields(all)[1:] {
		if r := h.send(t, "POST", "/v1/namespaces", `{"name":"`+name+`"}`); r.status != 201 {
			t.Fatalf("%+v", r)
		}
	}
	for _, limit := range []string{"1", "2", "3", "4", "5"} {
		var names []string
		for cursor := ""; ; {
			var page wire.Namespaces
			r := h.send(t, "GET", "/v1/namespaces?limit="+limit+"&cursor="+cursor, "")
			if err := json.Unmarshal([]byte(r.body), &page); err != nil || len(page.Namespaces) > int(limit[0]-'0') || len(page.Namespaces) == 0 {
				t.Fatalf("limit %s: %+v: %v", limit, r, err)
			}
			for _, n := range page.Namespaces {
				names = append(names, n.Name)
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if got := strings.Join(names, " "); got != all {
			t.Errorf("limit %s: %s", limit, got)
		}
	}
}
