package fsm

import (
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

func fingerprintOf(w *world, typ string) (f rows.Fingerprint) {
	w.view(func(v View) {
		var known bool
		if f, known = v.Fingerprint(typ); !known {
			w.t.Errorf("the fingerprint of %s is not known", typ)
		}
	})
	return f
}

// TestGate: a version is routed only if the runs that were proven are those that are open, at the
// turns that were proven. New runs without turns and runs of other types do not matter.
func TestGate(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	gated := func(g ...Gated) *LoadPackage {
		return &LoadPackage{Package: pack("v2", "order"), Route: true, Gate: g}
	}
	asIs := func() *LoadPackage { return gated(Gated{"order", fingerprintOf(w, "order")}) }
	held := func(what string, c Command) {
		t.Helper()
		if _, fenced := w.propose(Envelope{Command: c})[0].Refusal.(*Fenced); !fenced {
			t.Errorf("%s: it was routed", what)
		}
	}
	w.start("a", "order")
	w.start("b", "order")
	w.turn("a", &history.TimerStarted{ID: 1, Duration: 1e9})
	for _, change := range []struct { // in this order
		what string
		make func()
	}{
		{"another turn", func() { w.turn("b", &history.TimerStarted{ID: 1, Duration: 1e9}) }},
		{"one turn more", func() { w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "s", MaxWaiting: 9}); w.turn("a") }},
		{"a closed run", func() { w.do(&TerminateRun{Run: RunRef{WorkflowID: "b"}}) }},
	} {
		before := asIs()
		change.make()
		held(change.what, before)
		held(change.what+", in a deployment", &Deploy{Changes: []Change{{Load: before}}})
	}
	held("no fingerprint at all", gated(Gated{Type: "order"}))
	before := asIs()
	w.start("c", "order")
	w.start("d", "refund")
	w.turn("d", &history.TimerStarted{ID: 1, Duration: 1e9})
	w.do(before)
	if got := stateOf(w, "v2", "order"); got[:7] != "routed@" {
		t.Errorf("v2 is %s", got)
	}
	w.turn("c", &history.WorkflowCompleted{})
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	if f := fingerprintOf(w, "order"); f != (rows.Fingerprint{}) {
		t.Errorf("of no run it is %+v", f)
	}
	w.do(&UnrouteType{Type: "refund"})
	w.do(&UnloadWhenDrained{Type: "order", Version: versionOf("v1").String()})
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "d"}})
	w.checkReplays()
}

// TestFingerprintsOfAnUpgrade: runs that there are when level 2 is reached are taken up in pieces,
// whatever they do meanwhile; until then there is no gate.
func TestFingerprintsOfAnUpgrade(t *testing.T) {
	w := worldAt(t, 1)
	w.s.cfg.Check = nil // with so many runs; at the end it is checked
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&LoadPackage{Package: pack("v2", "order")})
	name := func(i int) string { return fmt.Sprint("run", i) }
	const n = 3*fingerprintsAtOnce + 50
	for i := range n {
		w.start(name(i), "order")
		if i%3 > 0 {
			w.turn(name(i), &history.TimerStarted{ID: 1, Duration: 1e9})
		}
		if i%5 == 0 {
			w.do(&PauseRun{Run: RunRef{WorkflowID: name(i)}})
		}
	}
	w.do(&RaiseLevel{Level: 2})
	waits := func() (waits bool) {
		w.view(func(v View) { waits = v.FingerprintsWait() })
		return waits
	}
	if !waits() {
		t.Fatal("nothing is to be taken up")
	}
	held := &LoadPackage{Package: pack("v2", "order"), Route: true, Gate: []Gated{{Type: "order"}}}
	for pieces := 0; waits(); pieces++ {
		if _, fenced := w.propose(Envelope{Command: held})[0].Refusal.(*Fenced); !fenced || pieces > 10 {
			t.Fatalf("in piece %d there is a gate: %v", pieces, fenced)
		}
		w.do(&TakeFingerprints{})
		for i := pieces; i < n; i += 97 { // below and above what was taken
			switch id, r := name(i), w.latest(name(i)); {
			case !r.Status.Open():
			case i%2 == 0:
				w.do(&TerminateRun{Run: RunRef{WorkflowID: id}})
			case r.Status == history.StatusRunning && r.Turns == 0:
				w.turn(id, &history.TimerStarted{ID: 1, Duration: 1e9})
			default:
				w.do(&MoveRun{Run: RunRef{WorkflowID: id}, From: r.Version, To: versionOf("v2"), Turns: r.Turns})
			}
		}
		if pieces == 1 {
			w.s.Close()
			w.open()
			w.s.cfg.Check = nil
		}
		w.start(fmt.Sprint("new", pieces), "order")
		w.turn(fmt.Sprint("new", pieces), &history.TimerStarted{ID: 1, Duration: 1e9})
	}
	var want rows.Fingerprint
	w.view(func(v View) {
		for cursor := ""; ; {
			var page []rows.Run
			page, cursor = v.ListRuns(RunFilter{Type: "order"}, maxRows, cursor)
			for _, r := range page {
				if r.Status.Open() && r.Turns > 0 {
					want = want.Plus(rows.FingerprintOf(r.RunID, r.Turns, uint64(len(r.Reopened))))
				}
			}
			if cursor == "" {
				break
			}
		}
	})
	if got := fingerprintOf(w, "order"); got != want {
		t.Errorf("it is %+v, want %+v", got, want)
	}
	w.do(&TakeFingerprints{})
	if got := fingerprintOf(w, "order"); got != want {
		t.Errorf("taken up twice it is %+v, want %+v", got, want)
	}
	held.Gate[0].Fingerprint = want
	w.do(held)
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
}

// TestFingerprintsAreSums: they do not depend on the order in which runs came.
func TestFingerprintsAreSums(t *testing.T) {
	a, b := rows.FingerprintOf(history.RunID{1}, 1, 0), rows.FingerprintOf(history.RunID{1}, 2, 0)
	if a == b || a.Plus(b) != b.Plus(a) || a.Plus(b).Minus(a) != b || a.Minus(b).Plus(b) != a || rows.DecodeFingerprint(a.Encode()) != a {
		t.Errorf("%+v and %+v", a, b)
	}
	if got, want := fmt.Sprintf("%016x%016x", a.High, a.Low), "6fa1bce29c7e685b7ffa4a81344d3018"; got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
}

// TestGateIsAnEntry freezes the bytes of a gated load.
func TestGateIsAnEntry(t *testing.T) {
	b, err := EncodeEnvelope(Envelope{Command: &LoadPackage{Gate: []Gated{{"order", rows.Fingerprint{Runs: 1, High: 2, Low: 3}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(b[len(b)-18:]); got != "0581a201656f7264657202a3010102020303" {
		t.Errorf("it ends with %s", got)
	}
	back, err := DecodeEnvelope(b)
	if err != nil || !slices.Equal(back.Command.(*LoadPackage).Gate, []Gated{{"order", rows.Fingerprint{Runs: 1, High: 2, Low: 3}}}) {
		t.Errorf("read back %+v, %v", back.Command, err)
	}
}
