package fsm

import (
	"strings"
	"testing"

	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// TestEachQuotaIsChangedByItself: whatever changes of single quotas meet in the log, each is as the
// last one that named it says; one that is refused changes nothing.
func TestEachQuotaIsChangedByItself(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.s.Close()
		w.do(&CreateNamespace{Name: "acme", Description: "before"})
		want := rows.Namespace{Description: "before"}
		one := func(name string, to *uint64, most uint64) *uint64 {
			if !rapid.Bool().Draw(rt, name) {
				return nil
			}
			v := rapid.SampledFrom([]uint64{0, 1, 7, most, most + 1}).Draw(rt, name+" is")
			if v <= most {
				*to = v
			}
			return &v
		}
		for range rapid.IntRange(1, 20).Draw(rt, "entries") {
			var e []Envelope
			var fits []bool
			var after []rows.Namespace
			for range rapid.IntRange(1, 3).Draw(rt, "commands") {
				next := want
				c := &ChangeNamespace{Name: "acme", Quotas: QuotaChange{
					OpenRuns: one("open_runs", &next.Quotas.OpenRuns, MaxQuota), StartsPerSecond: one("starts_per_second", &next.Quotas.StartsPerSecond, maxStartRate),
					StateBytes: one("state_bytes", &next.Quotas.StateBytes, MaxQuota)}}
				if rapid.Bool().Draw(rt, "description") {
					text := rapid.SampledFrom([]string{"", "after", strings.Repeat("x", maxText+1)}).Draw(rt, "text")
					c.Description, next.Description = &text, text
				}
				ok := len(next.Description) <= maxText && c.Quotas.Of(want.Quotas) == next.Quotas
				if ok {
					want = next
				}
				e, fits, after = append(e, Envelope{Command: c}), append(fits, ok), append(after, want)
			}
			for i, r := range w.propose(e...) {
				if (r.Refusal == nil) != fits[i] {
					rt.Fatalf("%+v: %v, want success %v", e[i].Command, r.Refusal, fits[i])
				}
				if r.Refusal != nil && r.Refusal.Code() != "invalid_input" {
					rt.Errorf("%+v: %v", e[i].Command, r.Refusal)
				}
				if a, ok := r.Answer.(*NamespaceAnswer); ok && (a.Namespace.Quotas != after[i].Quotas || a.Namespace.Description != after[i].Description) {
					rt.Errorf("%+v: answered %+v, want %+v", e[i].Command, a.Namespace, after[i])
				}
			}
			w.view(func(v View) {
				if got, _, _ := v.Namespace("acme"); got.Quotas != want.Quotas || got.Description != want.Description {
					rt.Errorf("the namespace is %+v, want %+v", got, want)
				}
			})
		}
		w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
	})
}

// TestQuotaChangesNeedALevel: nodes of an earlier build do not know them.
func TestQuotaChangesNeedALevel(t *testing.T) {
	w := worldAt(t, 6)
	w.do(&CreateNamespace{Name: "acme", Quotas: rows.Quotas{OpenRuns: 2}})
	most := uint64(3)
	w.refused(&ChangeNamespace{Name: "acme", Quotas: QuotaChange{OpenRuns: &most}}, "invalid_input")
	w.do(&RaiseLevel{Level: 7})
	w.do(&ChangeNamespace{Name: "acme", Quotas: QuotaChange{OpenRuns: &most}})
	w.refused(&ChangeNamespace{Name: "other"}, "not_found")
	w.view(func(v View) {
		if got, _, _ := v.Namespace("acme"); got.Quotas.OpenRuns != 3 {
			t.Errorf("the namespace is %+v", got)
		}
	})
	w.checkReplay(replays[0])
}
