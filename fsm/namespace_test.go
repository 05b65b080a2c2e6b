package fsm

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
	"pgregory.net/rapid"
)

// namespaceCommands is one of each kind with every field set that travels.
func namespaceCommands() []Command {
	text, q := "of acme", rows.Quotas{OpenRuns: 3, StartsPerSecond: 2, StateBytes: 1 << 20}
	return []Command{&CreateNamespace{Name: "acme", Description: text, Quotas: q}, &SetNamespace{Name: "acme", Description: &text, Quotas: &q}, &DeleteNamespace{Name: "acme"}}
}

func namespaceChanges() []Command {
	text, q := "of acme", rows.Quotas{OpenRuns: 3, StartsPerSecond: 2, StateBytes: 1 << 20}
	return []Command{&ChangeNamespace{Name: "acme", Description: &text, Quotas: QuotaChange{OpenRuns: &q.OpenRuns, StartsPerSecond: &q.StartsPerSecond, StateBytes: &q.StateBytes}}}
}

// envelopeIn is a command as the border makes it for a caller of a namespace: every name in it is
// qualified.
func envelopeIn(space string, c Command) Envelope {
	qualifyFields(space, reflect.ValueOf(c).Elem())
	return Envelope{Command: c, Only: &Scope{Space: space}}
}

var nameFields = map[string]bool{"WorkflowID": true, "Type": true, "WorkflowType": true, "Queue": true}

func qualifyFields(space string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			qualifyFields(space, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			qualifyFields(space, v.Index(i))
		}
	case reflect.Array:
		if version, ok := v.Interface().(catalog.Version); ok {
			v.Set(reflect.ValueOf(namespace.Version(space, version)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f, name := v.Field(i), v.Type().Field(i).Name
			id := name == "ID" && f.Kind() == reflect.String // of a schedule
			if (nameFields[name] || id) && f.Kind() == reflect.String && f.CanSet() && f.String() != "" {
				f.SetString(namespace.Qualify(space, f.String()))
			} else if name == "Version" && f.Kind() == reflect.String {
				f.SetString(namespace.Ref(space, f.String()))
			} else {
				qualifyFields(space, f)
			}
		}
	}
}

func (w *world) doIn(space string, c Command) Answer {
	w.t.Helper()
	r := w.propose(envelopeIn(space, c))[0]
	if r.Refusal != nil {
		w.t.Fatalf("%s in %s is refused: %v", c.Kind(), space, r.Refusal)
	}
	return r.Answer
}

func (w *world) refusedIn(space string, c Command, text string) {
	w.t.Helper()
	r := w.propose(envelopeIn(space, c))[0]
	if r.Refusal == nil || !strings.Contains(r.Refusal.Error(), text) {
		w.t.Errorf("%s in %s: %v, want a refusal about %q", c.Kind(), space, r.Refusal, text)
	}
}

func startIn(n int) *StartRun {
	return &StartRun{WorkflowID: fmt.Sprint("w", n), RunID: history.RunID{9, byte(n >> 8), byte(n), 1}, Type: "order"}
}

// TestNamespaceQuotas: each bound holds exactly, and what ends or is deleted is given back.
func TestNamespaceQuotas(t *testing.T) {
	w := newWorld(t)
	w.do(&CreateNamespace{Name: "acme", Quotas: rows.Quotas{OpenRuns: 2}})
	w.doIn("acme", &LoadPackage{Package: pack("v1", "order"), Route: true})
	w.doIn("acme", startIn(1))
	w.doIn("acme", startIn(2))
	w.refusedIn("acme", startIn(3), "namespace \"acme\" has reached its quota open_runs of 2")
	w.doIn("acme", &TerminateRun{Run: RunRef{WorkflowID: "w1"}})
	w.doIn("acme", startIn(3))
	q := rows.Quotas{StartsPerSecond: 3}
	w.do(&SetNamespace{Name: "acme", Quotas: &q})
	for i := range 3 {
		w.doIn("acme", startIn(10+i))
	}
	w.refusedIn("acme", startIn(20), "starts_per_second of 3")
	w.now = w.now.Add(time.Second/3 + 1)
	w.doIn("acme", startIn(21))
	w.refusedIn("acme", startIn(22), "starts_per_second of 3")
	var use rows.NamespaceUse
	w.view(func(v View) { _, use, _ = v.Namespace("acme") })
	q = rows.Quotas{StateBytes: use.Bytes + 10}
	w.do(&SetNamespace{Name: "acme", Quotas: &q})
	w.doIn("acme", &SignalRun{Run: RunRef{WorkflowID: "w2"}, Name: "s", MaxWaiting: 9})
	w.refusedIn("acme", &SignalRun{Run: RunRef{WorkflowID: "w2"}, Name: "s", MaxWaiting: 9}, "state_bytes")
	w.refusedIn("acme", startIn(30), "state_bytes")
	w.doIn("acme", &TerminateRun{Run: RunRef{WorkflowID: "w2"}})
	w.doIn("acme", &SetRetention{Rule: rows.Retention{Type: "order", Age: 1e9}})
	w.now = w.now.Add(2 * time.Second)
	w.do(&PurgeRuns{Runs: []history.RunID{startIn(2).RunID}})
	w.doIn("acme", startIn(31))
	w.checkReplay(replays[0])
}

// TestNamespaceDelete: what is held is named, and nothing of a namespace is left behind.
func TestNamespaceDelete(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	empty := w.rowsBut(rows.FamilyMeta)
	w.do(&CreateNamespace{Name: "acme"})
	w.refused(&CreateNamespace{Name: "acme"}, "invalid_state")
	w.refused(&CreateNamespace{Name: "default"}, "invalid_state")
	w.refused(&CreateNamespace{Name: "A"}, "invalid_input")
	w.refusedIn("other", startIn(1), "there is no namespace \"other\"")
	v := pack("v1", "order").Version.String()
	w.doIn("acme", &LoadPackage{Package: pack("v2", "order"), Route: true})
	w.doIn("acme", startIn(1))
	w.doIn("acme", &LimitQueue{Queue: "q", Limits: rows.QueueLimits{Concurrency: 1}})
	w.doIn("acme", &PutSchedule{Schedule: rows.Schedule{ID: "s", Type: "order", Every: 1e9}, Apart: true})
	w.doIn("acme", &SetRetention{Rule: rows.Retention{Type: "order", Age: 1e9}})
	w.doIn("acme", &SetVersionRetention{Rule: rows.VersionRetention{Keep: 1}})
	w.refused(&DeleteNamespace{Name: "acme"}, "invalid_state")
	if r := w.propose(Envelope{Command: &DeleteNamespace{Name: "acme"}})[0].Refusal; r.Error() != `namespace "acme" holds 1 runs (1 open), 1 loaded versions, schedules, such as "s", queues with limits or tasks, such as "q"` {
		t.Error(r)
	}
	w.doIn("acme", &TerminateRun{Run: RunRef{WorkflowID: "w1"}})
	w.now = w.now.Add(2 * time.Second)
	w.do(&PurgeRuns{Runs: []history.RunID{startIn(1).RunID}})
	w.doIn("acme", &LimitQueue{Queue: "q"})
	w.doIn("acme", &DeleteSchedule{ID: "s"})
	w.doIn("acme", &UnrouteType{Type: "order"})
	w.doIn("acme", &UnloadVersion{Type: "order", Version: pack("v2", "order").Version.String()})
	w.do(&DeleteNamespace{Name: "acme"})
	w.refused(&DeleteNamespace{Name: "acme"}, "not_found")
	for k, v := range w.rowsBut(rows.FamilyMeta) {
		if was, ok := empty[k]; !ok || was != v {
			t.Errorf("row %q (%c) is left", k, k[0])
		}
	}
	w.do(&StartRun{WorkflowID: "a", RunID: history.RunID{7}, Type: "order", Version: v})
}

// rowsBut are all rows but those of one family.
func (w *world) rowsBut(family byte) map[string]string {
	all := map[string]string{}
	w.s.Inspect(func(in *Inside) error {
		in.Scan([]byte{0}, []byte{rows.Families}, func(k, v []byte) bool {
			if k[0] != family {
				all[string(k)] = string(v)
			}
			return true
		})
		return nil
	})
	return all
}

// TestListingsStepOverForeignRuns: default's page has its runs, whatever stands between them.
func TestListingsStepOverForeignRuns(t *testing.T) {
	w := newWorld(t)
	w.do(&CreateNamespace{Name: "acme"})
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.doIn("acme", &LoadPackage{Package: pack("v2", "order"), Route: true})
	var want []string
	for i := range 60 {
		if i%20 == 7 {
			w.do(startIn(i))
			want = append([]string{fmt.Sprint("w", i)}, want...)
		} else {
			w.doIn("acme", startIn(i))
		}
	}
	w.view(func(v View) {
		for _, f := range []RunFilter{{}, {Status: history.StatusRunning}, {Type: "order"}} {
			runs, _ := v.In("").ListRuns(f, 100, "")
			var got []string
			for _, r := range runs {
				got = append(got, r.WorkflowID)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v lists %v, want %v", f, got, want)
			}
		}
		if runs, _ := v.In("acme").ListRuns(RunFilter{}, 100, ""); len(runs) != 57 || namespace.Of(runs[0].WorkflowID) != "acme" {
			t.Errorf("acme has %d runs", len(runs))
		}
		if runs, _ := v.In("nobody").ListRuns(RunFilter{Status: history.StatusRunning}, 100, ""); len(runs) != 0 {
			t.Errorf("a namespace without runs lists %v", runs)
		}
	})
}

// TestNamespacesProperty mixes random commands of default and of a namespace with the same names:
// every invariant holds after every entry, views show what is theirs, and the log replayed in
// another way, with snapshot and restore, ends in the same digest.
func TestNamespacesProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.s.Close()
		w.do(&CreateNamespace{Name: "acme", Quotas: rows.Quotas{OpenRuns: 5}})
		g := &gambler{w: w, t: rt, versions: []string{"v1", "v2", "v3"}, types: []string{"order", "refund"}, ids: []string{"a", "b", "c"}}
		w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
		for range rapid.IntRange(5, 50).Draw(rt, "entries") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(-1, 3).Draw(rt, "seconds")) * time.Second)
			var e []Envelope
			for range rapid.IntRange(1, 3).Draw(rt, "commands") {
				one := g.envelope()
				switch rapid.IntRange(0, 3).Draw(rt, "whose") {
				case 0:
				case 1:
					one = Envelope{Command: rapid.SampledFrom(append(namespaceCommands(), namespaceChanges()...)).Draw(rt, "namespace command")}
				default:
					request := one.Request
					one = envelopeIn("acme", one.Command)
					if one.Request = request; request != nil {
						one.Request.Owner = namespace.Qualify("acme", request.Owner)
					}
				}
				e = append(e, one)
			}
			w.propose(e...)
			w.view(func(v View) {
				for _, space := range []string{"", "acme"} {
					in := v.In(space)
					runs, _ := in.ListRuns(RunFilter{}, 1000, "")
					total := uint64(0)
					for _, c := range in.CountRuns(RunFilter{}) {
						total += c.Count
					}
					if total != uint64(len(runs)) {
						rt.Errorf("%q counts %d runs and lists %d", space, total, len(runs))
					}
					for _, r := range runs {
						if namespace.Of(r.WorkflowID) != space || namespace.Of(r.Type) != space {
							rt.Errorf("%q lists %s of type %s", space, r.WorkflowID, r.Type)
						}
					}
					for _, p := range in.Catalog().Packages() {
						if p.Space() != space {
							rt.Errorf("%q shows version %s of %v", space, p.Version, p.Types())
						}
					}
				}
			})
		}
		w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
	})
}
