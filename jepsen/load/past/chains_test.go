package past

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// linked is a history of n acts, newest first, with a refusal between them.
func linked(t *testing.T, n int) wire.Deploys {
	t.Helper()
	var page wire.Deploys
	for i := range n {
		d := wire.Deploy{Index: uint64(10 + i), At: time.Unix(int64(i), 0), Operation: "route", WorkflowType: "t", Outcome: "ok", Actor: "a"}
		if i == 1 {
			d.Outcome = "route_conflict"
		} else {
			chain, err := d.Link(page.Chain)
			if err != nil {
				t.Fatal(err)
			}
			d.Chain, page.Chain = chain, chain
		}
		page.Deploys = append(page.Deploys, d)
	}
	slices.Reverse(page.Deploys)
	return page
}

func TestCheckChains(t *testing.T) {
	read := func(node string, pages ...wire.Deploys) (ops []op.Op) {
		for _, p := range pages {
			answer, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			ops = append(ops, op.Op{F: "chain", Key: node, Outcome: op.OK, Answer: answer})
		}
		return ops
	}
	whole := linked(t, 5)
	first, second := whole, whole
	first.Deploys, second.Deploys = whole.Deploys[:2], whole.Deploys[2:]
	behind := linked(t, 4)
	if found := CheckChains(slices.Concat(read("n1", whole), read("n2", first, second), read("n3", behind))); len(found) > 0 {
		t.Errorf("a good history: %+v", found)
	}
	changed := whole
	changed.Deploys = slices.Clone(whole.Deploys)
	changed.Deploys[1].Actor = "b"
	other := whole // linked, but another history
	other.Deploys, other.Chain = nil, ""
	for i := len(whole.Deploys) - 1; i >= 0; i-- {
		d := whole.Deploys[i]
		if d.Actor = "b"; d.Outcome == "ok" {
			d.Chain, _ = d.Link(other.Chain)
			other.Chain = d.Chain
		}
		other.Deploys = append([]wire.Deploy{d}, other.Deploys...)
	}
	head := whole
	head.Chain = behind.Chain
	for name, ops := range map[string][]op.Op{
		"a record that was changed":    read("n1", changed),
		"a node with another history":  slices.Concat(read("n1", whole), read("n2", other)),
		"a head that is not its own":   read("n1", head),
		"a page that is not there":     read("n1", first),
		"the oldest, and then a break": read("n1", wire.Deploys{Deploys: []wire.Deploy{whole.Deploys[0], whole.Deploys[4]}, Chain: whole.Chain}),
	} {
		if name == "a page that is not there" { // what is no longer kept is not missed
			if found := CheckChains(ops); len(found) > 0 {
				t.Errorf("%s: %+v", name, found)
			}
			continue
		}
		if len(CheckChains(ops)) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
}
