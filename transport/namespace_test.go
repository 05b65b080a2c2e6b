package transport_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/wire"
)

// TestQuotasAreChangedByThemselves: two callers that change one quota each of a namespace, through
// two nodes and at the same time, both have their way.
func TestQuotasAreChangedByThemselves(t *testing.T) {
	th, n := &throne{}, enginetest.New(t)
	hosts := []*host{listen(t, n, th, "n1").lead(), listen(t, n, th, "n2")}
	if r := hosts[0].send(t, "POST", "/v1/namespaces", `{"name":"a","description":"before"}`); r.status != 201 {
		t.Fatalf("%+v", r)
	}
	var all sync.WaitGroup
	for i, name := range []string{"open_runs", "starts_per_second", "state_bytes"} {
		all.Go(func() {
			for v := range 100 {
				var got struct{ Quotas map[string]int }
				hosts[i%2].send(t, "PUT", "/v1/namespaces/a", fmt.Sprintf(`{%q:%d}`, name, v+1))
				r := hosts[v%2].send(t, "GET", "/v1/namespaces/a", "")
				if err := json.Unmarshal([]byte(r.body), &got); err != nil || got.Quotas[name] != v+1 {
					t.Errorf("%s was set to %d, and is %d: %+v, %v", name, v+1, got.Quotas[name], r, err)
					return
				}
			}
		})
	}
	all.Wait()
}

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
