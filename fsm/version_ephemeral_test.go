package fsm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
	"pgregory.net/rapid"
)

// brings starts a run of a type, with a package of that type and others that comes along.
func (w *world) brings(id, name, owner string, types ...string) *StartPackage {
	return &StartPackage{
		Package: pack(name, types...), Start: StartRun{WorkflowID: id, RunID: w.mint(), Type: types[0]}, Ephemeral: true, Bytes: 100, Owner: owner,
	}
}

// ephemeralOf says what the state remembers of an ephemeral version.
func ephemeralOf(w *world, name string) (out string) {
	w.view(func(v View) {
		_, loaded := v.Catalog().Package(versionOf(name))
		e, ok := v.Ephemeral(versionOf(name))
		switch {
		case ok:
			out = fmt.Sprintf("%d bytes of %s", e.Bytes, strings.Join(e.Owners, ", "))
		case loaded:
			out = "ordinary"
		default:
			out = "gone"
		}
	})
	return out
}

// checkEphemerals recounts what the state machine keeps in memory.
func checkEphemerals(w *world, t interface{ Fatalf(string, ...any) }) {
	want := newEphemerals()
	err := store.Each(w.s.db.Reader, rows.FamilyEphemeral, func(k []byte, e rows.Ephemeral) {
		want.add(catalog.Version(k[1:]), &e, typesOf(w.s.catalog, catalog.Version(k[1:])))
	})
	got := &w.s.ephemeral
	if err != nil || got.types != want.types || !maps.Equal(got.use, want.use) || len(got.of) != len(want.of) {
		t.Fatalf("in memory are %d versions of %d types, by owner %v; stored are %d of %d, by owner %v; %v", len(got.of), got.types, got.use, len(want.of), want.types, want.use, err)
	}
}

// TestEphemeralVersion: it is there while a run is open on it, and goes in the entry that closes
// the last; what runs left stays.
func TestEphemeralVersion(t *testing.T) {
	w := newWorld(t)
	is := func(want string) {
		t.Helper()
		if got := ephemeralOf(w, "e1"); got != want {
			t.Fatalf("at index %d the version is %s, want %s", w.s.Applied(), got, want)
		}
		checkEphemerals(w, t)
	}
	first := Envelope{Actor: "ann", Request: &Request{ID: "r1", Owner: "ci"}, Command: w.brings("a", "e1", "ci", "order", "refund")}
	r := w.propose(first)[0]
	if a, _ := r.Answer.(*PackageStarted); a == nil || !a.FreshlyLoaded || !a.Ephemeral || a.Run.Version != versionOf("e1") || a.Run.WorkflowID != "a" {
		t.Fatalf("answered %+v, %v", r.Answer, r.Refusal)
	}
	is("100 bytes of ci")
	w.do(&StartRun{WorkflowID: "b", RunID: w.mint(), Type: "refund", Version: versionOf("e1").String()}) // any run keeps it
	w.turn("a", &history.WorkflowCompleted{Result: history.Payload("1")})
	is("100 bytes of ci")
	w.turn("b", &history.WorkflowContinuedAsNew{Same: true}) // within an entry no run is on it
	is("100 bytes of ci")
	w.do(&PauseRun{Run: RunRef{WorkflowID: "b"}})
	is("100 bytes of ci")
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "b"}})
	is("gone")

	w.view(func(v View) {
		var got []string
		page, _ := v.Deploys("order", 9, DeployCursor{})
		for _, d := range page {
			got = append(got, fmt.Sprintf("%d %s %s by %s %s: %s", d.Index, d.Operation, d.Outcome, d.Actor, d.RequestID, d.Message))
		}
		if want := []string{"6 unload ok by ann r1: its last run closed", `1 load ok by ann r1: comes along with workflow "a"`}; !slices.Equal(got, want) {
			t.Errorf("recorded %q, want %q", got, want)
		}
		events, _ := v.Feed(FeedCursor{Index: 5, N: 1<<32 - 1}, 9)
		var names []string
		for _, e := range events {
			names = append(names, e.Name)
		}
		if want := []string{"WorkflowClosed", "VersionDrained", "VersionUnloaded"}; !slices.Equal(names, want) {
			t.Errorf("announced %v, want %v", names, want)
		}
	})
	if a := w.latest("a"); a.Status != history.StatusCompleted || len(w.history(a.RunID)) == 0 {
		t.Errorf("of the closed run is left %+v", a)
	}
	w.refused(&ReopenRun{Run: RunRef{WorkflowID: "b"}, Events: w.latest("b").Events}, "version_unavailable")
	if again := w.propose(first)[0]; !again.Deduplicated || again.Index != 1 || again.Answer.(*PackageStarted).Run.RunID != r.Answer.(*PackageStarted).Run.RunID {
		t.Errorf("the same request again: %+v", again)
	}
	is("gone")
	w.checkReplays()
}

// TestEphemeralWithinAnEntry: a version may come and go in one entry, and stays if the next run on
// it starts in the entry in which the last one closes.
func TestEphemeralWithinAnEntry(t *testing.T) {
	w := newWorld(t)
	a := w.brings("a", "e1", "", "order")
	turn := &RecordTurn{RunID: a.Start.RunID, N: 1, Through: 1, Asked: []history.Event{{Data: &history.WorkflowCompleted{}}}}
	for i, r := range w.propose(Envelope{Command: a}, Envelope{Command: turn}) {
		if r.Refusal != nil {
			t.Fatal(i, r.Refusal)
		}
	}
	if got := ephemeralOf(w, "e1"); got != "gone" {
		t.Fatalf("it is %s", got)
	}
	w.do(w.brings("b", "e1", "", "order"))
	results := w.propose(Envelope{Command: &TerminateRun{Run: RunRef{WorkflowID: "b"}}}, Envelope{Command: w.brings("c", "e1", "", "order")})
	if a := results[1].Answer.(*PackageStarted); a.FreshlyLoaded || !a.Ephemeral {
		t.Errorf("answered %+v: the version goes at the end of the entry, not before", a)
	}
	if got := ephemeralOf(w, "e1"); got != "100 bytes of " {
		t.Errorf("with another run it is %s", got)
	}
	// An unload in the entry of the last close, and the version again.
	results = w.propose(Envelope{Command: &TerminateRun{Run: RunRef{WorkflowID: "c"}}}, Envelope{Command: &UnloadVersion{Type: "order", Version: versionOf("e1").String()}},
		Envelope{Command: w.brings("d", "e1", "", "order")})
	for i, r := range results {
		if r.Refusal != nil {
			t.Fatal(i, r.Refusal)
		}
	}
	if got := ephemeralOf(w, "e1"); got != "100 bytes of " {
		t.Errorf("loaded again it is %s", got)
	}
	checkEphemerals(w, t)
	w.checkReplays()
}

// TestEphemeralBecomesOrdinary: when somebody wants it for its own sake. It never becomes ephemeral
// again.
func TestEphemeralBecomesOrdinary(t *testing.T) {
	plain := func(w *world) Command {
		c := w.brings("z", "e1", "", "order")
		c.Ephemeral = false
		return c
	}
	for name, by := range map[string]func(w *world) []Command{
		"load":        func(*world) []Command { return []Command{&LoadPackage{Package: pack("e1", "order")}} },
		"plain start": func(w *world) []Command { return []Command{plain(w), &TerminateRun{Run: RunRef{WorkflowID: "z"}}} },
		"route and back": func(*world) []Command {
			return []Command{&RouteType{Type: "order", Version: versionOf("e1").String()}, &RouteType{Type: "order", Version: versionOf("v1").String()}}
		},
		"canary and back": func(*world) []Command {
			return []Command{&SetCanary{Type: "order", Version: versionOf("e1").String(), Share: 1}, &EndCanary{Type: "order"}}
		},
		"deployment": func(*world) []Command {
			return []Command{&Deploy{Changes: []Change{{Load: &LoadPackage{Package: pack("e1", "order")}}}}}
		},
	} {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " together ", together), func(t *testing.T) {
				w := newWorld(t)
				w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
				w.do(w.brings("a", "e1", "", "order"))
				var all []Envelope
				for _, c := range by(w) {
					if all = append(all, Envelope{Command: c}); !together {
						w.do(c)
					}
				}
				if together {
					w.propose(all...)
				}
				w.do(w.brings("b", "e1", "", "order")) // resident: it is used as it is
				w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
				w.do(&TerminateRun{Run: RunRef{WorkflowID: "b"}})
				if got := ephemeralOf(w, "e1"); got != "ordinary" {
					t.Errorf("it is %s", got)
				}
				checkEphemerals(w, t)
				w.checkReplays()
			})
		}
	}
}

// TestEphemeralAllOrNothing: what is refused has loaded nothing.
func TestEphemeralAllOrNothing(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("a", "order")
	other := func(change func(*StartPackage)) *StartPackage {
		c := w.brings("b", "e1", "ci", "order")
		change(c)
		return c
	}
	for code, c := range map[string]*StartPackage{
		"already_running":   w.brings("a", "e1", "ci", "order"),
		"invalid_input":     other(func(c *StartPackage) { c.Start.Type = "refund" }),
		"invalid_package":   other(func(c *StartPackage) { c.Package.Members = nil }),
		"manifest_mismatch": other(func(c *StartPackage) { c.Package = pack("v1", "order"); c.Package.ManifestDigest[0] ^= 1 }),
		"recheck":           other(func(c *StartPackage) { c.Package.Members[0].InputSchema[0] = 1 }),
		"permission_denied": other(func(c *StartPackage) { c.Package, c.Allowed = pack("v1", "order"), &Allowance{10, 1e6} }),
	} {
		if code == "recheck" {
			if r := w.propose(Envelope{Command: c})[0]; r.Refusal == nil || ephemeralOf(w, "e1") != "gone" {
				t.Errorf("%s: %+v", code, r)
			}
			continue
		}
		w.refused(c, code)
		if got := ephemeralOf(w, "e1"); got != "gone" {
			t.Errorf("%s: the version is %s", code, got)
		}
	}
	w.refused(other(func(c *StartPackage) { c.Ephemeral, c.Allowed = false, &Allowance{10, 1e6} }), "permission_denied")
	checkEphemerals(w, t)
	w.checkReplays()
}

// TestAllowance: a token's versions and bytes are counted in apply, and a version is charged to all
// who have started runs on it.
func TestAllowance(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.do(w.brings(fmt.Sprint("free", i), fmt.Sprint("f", i), "", "order")) // others' do not count
	}
	bring := func(id, name, owner string) *StartPackage {
		c := w.brings(id, name, owner, "order")
		c.Allowed = &Allowance{Versions: 2, Bytes: 250}
		return c
	}
	w.do(bring("a", "e1", "ci"))
	w.do(bring("b", "e2", "ci"))
	w.do(bring("c", "e2", "ci")) // the same version again is no further one
	if r := w.refused(bring("d", "e3", "ci"), "resource_exhausted"); r.Error() != `ephemeral versions of the token "ci" at a time: the limit of 2 is reached` {
		t.Errorf("refused: %s", r.Error())
	}
	w.refused(bring("d", "f0", "ci"), "resource_exhausted") // one that is there counts for whoever uses it
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	big := bring("d", "e3", "ci")
	if big.Bytes = 151; true {
		w.refused(big, "resource_exhausted")
	}
	w.do(bring("d", "f0", "ci"))
	if got := ephemeralOf(w, "f0"); got != "100 bytes of , ci" {
		t.Errorf("it is %s", got)
	}
	// Two in one entry, for which there is room once.
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "d"}})
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "free0"}})
	results := w.propose(Envelope{Command: bring("x", "x1", "ci")}, Envelope{Command: bring("y", "y1", "ci")})
	if results[0].Refusal != nil || results[1].Refusal == nil {
		t.Errorf("of two in one entry: %v, %v", results[0].Refusal, results[1].Refusal)
	}
	// What becomes ordinary is not charged any more.
	w.do(&LoadPackage{Package: pack("x1", "order")})
	w.do(bring("y", "y1", "ci"))
	checkEphemerals(w, t)
	w.checkReplays()
}

// TestEphemeralBounds: there are never more than one entry can unload.
func TestEphemeralBounds(t *testing.T) {
	w := newWorld(t)
	w.s.cfg.Check = nil
	types := make([]string, 200)
	for i := range types {
		types[i] = fmt.Sprint("t", i)
	}
	for i := range MaxEphemeralTypes / len(types) {
		w.do(w.brings(fmt.Sprint("a", i), fmt.Sprint("e", i), "", types...))
	}
	w.refused(w.brings("b", "x", "", "order"), "resource_exhausted")
	w.do(w.brings("b", "e0", "", types...))
	for i := range MaxEphemeralOwners - 1 {
		w.do(w.brings(fmt.Sprint("c", i), "e0", fmt.Sprint("o", i), types...))
	}
	w.refused(w.brings("d", "e0", "more", types...), "resource_exhausted")
	checkEphemerals(w, t)
}

// TestEphemeralOfATree: a child keeps its parent's version while it is open, however long a job
// takes to close it.
func TestEphemeralOfATree(t *testing.T) {
	w := newWorld(t)
	w.budget = 60
	w.do(w.brings("a", "e1", "", "order"))
	var children []history.Data
	for i := range uint64(30) {
		children = append(children, &history.ChildWorkflowStarted{ID: i + 1, WorkflowID: fmt.Sprint("a:", i), WorkflowType: "order"})
	}
	w.turn("a", children...)
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	for n := 0; len(w.jobs()) > 0; n++ {
		open := uint64(0)
		w.view(func(v View) { open = v.Pins(versionOf("e1")).Total() })
		if got := ephemeralOf(w, "e1"); (got == "gone") != (open == 0) {
			t.Fatalf("with %d runs open it is %s", open, got)
		}
		if n == 0 && open == 0 {
			t.Fatal("the job had nothing to do")
		}
		w.do(&Continue{Job: w.jobs()[0].ID})
	}
	if got := ephemeralOf(w, "e1"); got != "gone" {
		t.Errorf("it is %s", got)
	}
	w.checkReplays()
}

// packageCommand draws a start on code that comes along.
func (g *gambler) packageCommand(id, typ string) Command {
	carries := map[string][]string{"v1": g.types, "v2": {"order"}, "v3": {"refund"}}
	name := g.one("package", g.versions)
	c := &StartPackage{
		Package: pack(name, carries[name]...), Start: StartRun{WorkflowID: id, RunID: g.w.mint(), Type: typ}, Ephemeral: !g.coin("plain"), Bytes: 100,
		Owner: g.one("owner", []string{"", "ci", "ops"}),
	}
	if g.coin("limited") {
		c.Allowed = &Allowance{Versions: rapid.Uint64Range(0, 2).Draw(g.t, "allowed"), Bytes: 200}
	}
	return c
}
