package fsm

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// chainedDeploys is every operation, some in one entry, with refusals between them; all of it
// twice, for windows to move.
func chainedDeploys(w *world) {
	id := func(v string) string { return versionOf(v).String() }
	for range 2 {
		w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true, Message: "first"})
		w.do(&LoadPackage{Package: pack("v2", "order")})
		w.propose(
			Envelope{Command: &RouteType{Type: "order", Version: id("v2")}, Actor: "ann", Request: &Request{ID: "r"}},
			Envelope{Command: &RouteType{Type: "order", Version: id("v9")}, Actor: "bob"},
			Envelope{Command: &RollbackType{Type: "order"}},
			Envelope{Command: &LoadPackage{Package: pack("v3", "order", "refund"), Route: true}},
		)
		w.do(&UnrouteType{Type: "refund", Message: "no more"})
		w.do(&RouteType{Type: "order", Version: id("v2")})
		w.do(&UnloadVersion{Type: "order", Version: id("v3")})
		w.do(&UnloadVersion{Type: "order", Version: id("v1")})
	}
}

// records are the deploy history, oldest first.
func (w *world) records() (list []rows.DeployRecord) {
	w.view(func(v View) {
		for before := (DeployCursor{}); ; {
			page, next := v.Deploys("", 7, before)
			for _, d := range page {
				list = append([]rows.DeployRecord{d}, list...)
			}
			if before = next; next == (DeployCursor{}) {
				return
			}
		}
	})
	return list
}

// TestChainGolden freezes the bytes that a chain covers, and what the records say besides. They are
// noted outside of any cluster, so they never change.
func TestChainGolden(t *testing.T) {
	w := newWorld(t)
	chainedDeploys(w)
	w.checkReplays()
	var b strings.Builder
	for _, d := range w.records() {
		bare := d
		bare.Chain = catalog.Digest{}
		fmt.Fprintf(&b, "%d.%d %s %s %s fresh=%v routed=%v chain=%s\n  %x\n", d.Index, d.N, d.Operation, d.Type, d.Outcome, d.Fresh, d.Routed, d.Chain, rows.Encoded(bare))
	}
	const path = "testdata/deploys-level-1.golden"
	if *golden {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the records are\n%s, want\n%s", b.String(), want)
	}
}

// TestChainBeginsWithItsLevel: before it nothing is written that earlier builds do not write; from
// the entry on that raises it, acts are linked, across a restart and a restore, and refusals never.
func TestChainBeginsWithItsLevel(t *testing.T) {
	w := oldWorld(t)
	chainedDeploys(w)
	for _, d := range w.records() {
		if d.Chain != (catalog.Digest{}) || d.Fresh || d.Routed || !d.Before.IsZero() {
			t.Errorf("at level 0 a record says %+v", d)
		}
	}
	old := len(w.records())
	load := &LoadPackage{Package: pack("v5", "order"), Route: true}
	w.propose(Envelope{Command: load}, Envelope{Command: &RaiseLevel{Level: 1}}, Envelope{Command: load}, Envelope{Command: &UnrouteType{Type: "order", Expect: "none"}})
	w.do(&LoadPackage{Package: pack("v6", "order"), Route: true})
	w.checkReplays() // by a restart and by a snapshot, each audited
	w.do(&UnrouteType{Type: "order"})
	var before catalog.Digest
	for i, d := range w.records()[old:] {
		linked := i > 0 && d.Outcome == OutcomeOK
		if linked && d.Chain != d.Link(before) || !linked && d.Chain != (catalog.Digest{}) {
			t.Errorf("record %d.%d (%s %s) has the chain %s, after %s", d.Index, d.N, d.Operation, d.Outcome, d.Chain, before)
		}
		if linked {
			before = d.Chain
		}
	}
	w.view(func(v View) {
		if got := v.DeployChain(); got != before || got == (catalog.Digest{}) {
			t.Errorf("the head is %s, the newest act has %s", got, before)
		}
	})
}
