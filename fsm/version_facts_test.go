package fsm

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// versionCommands is one of each kind with every field set.
func versionCommands() []Command {
	return []Command{
		&UnloadWhenDrained{Type: "order", Version: "abcdef", Message: "bye"},
		&CancelUnload{Type: "order", Version: "abcdef", Message: "stay"},
		&SetVersionRetention{Rule: rows.VersionRetention{Keep: 3, MinAge: 5}, Remove: true},
		&PurgeVersions{Versions: []catalog.Version{versionOf("v1"), versionOf("v2")}},
		&SetCanary{Type: "order", Version: "abcdef", Share: 1000, Salt: 7, Key: "city", AbortFailures: 3, PromoteAfter: 100, For: 9, Message: "careful"},
		&EndCanary{Type: "order", Promote: true, Message: "good", Due: true, Index: 5},
	}
}

// versionCommand draws a command about a version. Kinds of level 1 are proposed only at it.
func (g *gambler) versionCommand(typ, version string) Command {
	n := rapid.IntRange(0, 15).Draw(g.t, "version command")
	g.w.view(func(v View) {
		if v.Level() < 1 && n > 1 {
			n %= 2
		}
		if v.Level() < 2 && n > 11 {
			n -= 4
		}
	})
	switch n {
	case 0:
		return &RaiseLevel{Level: 1}
	case 1:
		return &UnloadVersion{Type: typ, Version: version}
	case 2, 3:
		return &UnloadWhenDrained{Type: typ, Version: version, Message: "drained"}
	case 4:
		return &CancelUnload{Type: typ, Version: version}
	case 5:
		return &SetVersionRetention{Rule: rows.VersionRetention{Keep: rapid.Uint64Range(0, 2).Draw(g.t, "keep"), MinAge: history.Duration(rapid.IntRange(0, 10).Draw(g.t, "age")) * 1e9}, Remove: g.coin("remove")}
	}
	if n > 11 {
		return g.packageCommand(g.one("id", g.ids), typ)
	}
	if n > 8 {
		return &EndCanary{Type: typ, Promote: g.coin("promote")}
	}
	if n > 6 {
		return &SetCanary{
			Type: typ, Version: version, Share: rapid.Uint64Range(0, catalog.CanaryWhole).Draw(g.t, "share"), Salt: 7, Key: rapid.SampledFrom([]string{"", "", "k"}).Draw(g.t, "key"),
			AbortFailures: rapid.Uint64Range(0, 2).Draw(g.t, "failures"), PromoteAfter: rapid.Uint64Range(0, 3).Draw(g.t, "completed"),
		}
	}
	c := new(PurgeVersions)
	for _, name := range g.versions {
		c.Versions = append(c.Versions, versionOf(name))
	}
	return c
}

// seenVersion is what a test sees of a version without asking for its facts.
type seenVersion struct {
	loaded uint64 // at which index
	routed bool
	pins   uint64
	asked  bool // to be unloaded once it is drained, or ephemeral
}

type seenVersions struct {
	level uint64
	of    map[catalog.Version]seenVersion
}

func factsOf(w *world) seenVersions {
	s := seenVersions{of: map[catalog.Version]seenVersion{}}
	w.view(func(v View) {
		s.level = v.Level()
		for _, p := range v.Catalog().Packages() {
			f, _ := v.VersionFacts(p.Version)
			_, ephemeral := v.Ephemeral(p.Version)
			s.of[p.Version] = seenVersion{p.LoadedIndex, len(v.Catalog().RoutesTo(p.Version))+len(v.Catalog().CanaryOf(p)) > 0, v.Pins(p.Version).Total(), f.Asked != nil || ephemeral}
		}
	})
	return s
}

// check holds what an entry of one command announced against what went in it: exactly the versions
// that it drained, and of those exactly the ones that were to be unloaded then are gone.
func (s seenVersions) check(w *world, t interface{ Fatalf(string, ...any) }) {
	now := factsOf(w)
	if s.level < 1 || now.level < 1 {
		return
	}
	var drained, unloaded []string
	w.view(func(v View) {
		events, _ := v.Feed(FeedCursor{Index: v.Index()}, 1000)
		first, _ := v.Feed(FeedCursor{Index: v.Index() - 1, N: 1<<32 - 1}, 1000)
		for _, e := range slices.Concat(first[:min(1, len(first))], events) {
			for _, p := range s.list() {
				if !strings.Contains(string(e.Data), p.String()) {
					continue
				}
				switch e.Name {
				case "VersionDrained":
					drained = append(drained, p.String())
				case "VersionUnloaded":
					unloaded = append(unloaded, p.String())
				}
			}
		}
		for _, p := range s.list() {
			before := s.of[p]
			after, there := now.of[p]
			gone := !there || after.loaded != before.loaded
			inUse := before.routed || before.pins > 0
			free := gone || !after.routed && after.pins == 0
			if got, want := slices.Contains(drained, p.String()), inUse && free; got != want {
				t.Fatalf("entry %d: version %s was %+v and is %+v (gone: %v); drained announced: %v", v.Index(), p, before, after, gone, got)
			}
			if before.asked && inUse && free && !gone {
				t.Fatalf("entry %d: version %s was to be unloaded when drained and is there", v.Index(), p)
			}
			if gone != slices.Contains(unloaded, p.String()) {
				t.Fatalf("entry %d: version %s is gone: %v; announced: %v", v.Index(), p, gone, unloaded)
			}
		}
	})
}

func (s seenVersions) list() (list []catalog.Version) {
	for v := range s.of {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b catalog.Version) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// stateOf says what a version is to a type, and whether it is drained.
func stateOf(w *world, name, typ string) string {
	out := "gone"
	w.view(func(v View) {
		p, ok := v.Catalog().Package(versionOf(name))
		if !ok {
			return
		}
		f, ok := v.VersionFacts(p.Version)
		if !ok {
			out = "no facts"
			return
		}
		for i, m := range p.Members {
			if m.Type == typ {
				out = fmt.Sprintf("%s@%d", f.Members[i].State, f.Members[i].Index)
			}
		}
		if f.Drained != 0 {
			out += fmt.Sprintf(" drained@%d", f.Drained)
		}
		if f.Asked != nil {
			out += " asked by " + f.Asked.Actor
		}
	})
	return out
}

// TestVersionStates walks a version through its states.
func TestVersionStates(t *testing.T) {
	w := newWorld(t)
	is := func(name, typ, want string) {
		t.Helper()
		if got := stateOf(w, name, typ); got != want {
			t.Fatalf("at index %d version %s is %s to %s, want %s", w.s.Applied(), name, got, typ, want)
		}
	}
	w.do(&LoadPackage{Package: pack("v1", "order", "refund")})
	is("v1", "order", "staged@1")
	w.do(&RouteType{Type: "order", Version: versionOf("v1").String()})
	is("v1", "order", "routed@2")
	is("v1", "refund", "staged@1")
	w.start("a", "order")
	w.do(&LoadPackage{Package: pack("v2", "order"), Route: true})
	is("v1", "order", "draining@4")
	is("v2", "order", "routed@4")
	w.turn("a", &history.WorkflowCompleted{})
	is("v1", "order", "drained@5 drained@5")
	is("v1", "refund", "staged@1 drained@5")
	w.do(&StartRun{WorkflowID: "b", RunID: w.mint(), Type: "refund", Version: versionOf("v1").String()})
	is("v1", "order", "draining@6")
	w.turn("b", &history.WorkflowContinuedAsNew{Same: true})
	is("v1", "order", "draining@6")
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "b"}})
	is("v1", "order", "drained@8 drained@8")
	w.do(&RollbackType{Type: "order"})
	is("v1", "order", "routed@9")
	is("v2", "order", "drained@9 drained@9")
	w.do(&UnrouteType{Type: "order"})
	is("v1", "order", "drained@10 drained@10")

	// A staged version is drained when what was started on it by name is over, and stays staged.
	w.do(&LoadPackage{Package: pack("v3", "order")})
	w.do(&StartRun{WorkflowID: "c", RunID: w.mint(), Type: "order", Version: versionOf("v3").String()})
	is("v3", "order", "staged@11")
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "c"}})
	is("v3", "order", "staged@11 drained@13")
	w.checkReplays()
}

// TestUnloadWhenDrained: it takes effect in the entry of the last close, for who asked; a route
// takes it back, a start does not, and somebody may.
func TestUnloadWhenDrained(t *testing.T) {
	w := newWorld(t)
	v1, v2 := versionOf("v1"), versionOf("v2")
	ask := func() *UnloadAnswer {
		t.Helper()
		r := w.propose(Envelope{Actor: "ann", Request: &Request{ID: fmt.Sprint("r", len(w.log))}, Command: &UnloadWhenDrained{Type: "order", Version: v1.String(), Message: "old"}})[0]
		if r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
		return r.Answer.(*UnloadAnswer)
	}
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	w.refused(&UnloadWhenDrained{Type: "order", Version: v1.String()}, "route_active")
	w.start("a", "order")
	w.do(&LoadPackage{Package: pack("v2", "order", "refund"), Route: true})
	w.refused(&CancelUnload{Type: "order", Version: v1.String()}, "invalid_state")
	if a := ask(); !a.Pending {
		t.Fatalf("answered %+v", a)
	}
	w.do(&CancelUnload{Type: "refund", Version: v1.String()})
	w.start("b", "order")
	ask()
	w.do(&StartRun{WorkflowID: "c", RunID: w.mint(), Type: "refund", Version: v1.String()}) // it stands
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	if got := stateOf(w, "v1", "order"); got != "draining@4 asked by ann" {
		t.Fatalf("with a run left it is %s", got)
	}
	w.do(&RouteType{Type: "refund", Version: v1.String()}) // takes it back
	if got := stateOf(w, "v1", "order"); got != "draining@4" {
		t.Fatalf("routed it is %s", got)
	}
	w.do(&RouteType{Type: "refund", Version: v2.String()})
	ask()
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "c"}})
	if got := stateOf(w, "v1", "order"); got != "gone" {
		t.Fatalf("drained it is %s", got)
	}
	w.view(func(v View) {
		var got []string
		page, _ := v.Deploys("order", 6, DeployCursor{})
		for _, d := range page {
			got = append(got, fmt.Sprintf("%d %s %s by %s %s %s", d.Index, d.Operation, d.Outcome, d.Actor, d.RequestID, d.Message))
		}
		want := []string{
			"15 unload ok by ann r13 old", "14 unload_when_drained ok by ann r13 old", "12 unload route_active by ann r8 old", "9 unload_when_drained ok by ann r8 old",
			"7 cancel_unload ok by   ", "6 unload_when_drained ok by ann r5 old",
		}
		if !slices.Equal(got, want) {
			t.Errorf("recorded\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		events, _ := v.Feed(FeedCursor{Index: 14, N: 1<<32 - 1}, 9)
		var names []string
		for _, e := range events {
			names = append(names, e.Name)
		}
		if !slices.Equal(names, []string{"WorkflowClosed", "VersionDrained", "VersionUnloaded"}) {
			t.Errorf("announced %v", names)
		}
		if want := `{"workflow_types":["order","refund"],"version":"` + v1.String() + `","index":15}`; string(events[1].Data) != want {
			t.Errorf("announced %s, want %s", events[1].Data, want)
		}
	})
	w.do(&LoadPackage{Package: pack("v1", "order", "refund")})
	if a := ask(); a.Pending {
		t.Errorf("nothing pins it: answered %+v", a)
	}
	w.checkReplays()
}

// TestVersionRetention: the rule unloads what is drained, old enough and beyond the newest, and
// nothing that is routed, pinned, staged or what a rollback goes to.
func TestVersionRetention(t *testing.T) {
	w := newWorld(t)
	for i := range 6 {
		w.do(&LoadPackage{Package: pack(fmt.Sprint("v", i), "order"), Route: true})
		if i == 1 {
			w.start("a", "order")
		}
		w.now = w.now.Add(time.Minute)
	}
	w.do(&LoadPackage{Package: pack("v6", "order")}) // staged
	purge := func() string {
		var list []catalog.Version
		w.view(func(v View) { list, _ = v.SpentVersions(w.now, 10) })
		all := &PurgeVersions{}
		for i := range 7 {
			all.Versions = append(all.Versions, versionOf(fmt.Sprint("v", i)))
		}
		got := w.do(all).(*VersionsPurged).Versions
		if !slices.Equal(got, list) {
			t.Errorf("listed %v, unloaded %v", list, got)
		}
		var names []string
		for _, v := range got {
			names = append(names, string(v[:2]))
		}
		return strings.Join(names, " ")
	}
	if got := purge(); got != "" {
		t.Errorf("without a rule %s went", got)
	}
	w.do(&SetVersionRetention{Rule: rows.VersionRetention{Keep: 5, MinAge: history.Duration(time.Hour)}})
	if got := purge(); got != "" {
		t.Errorf("too young: %s went", got)
	}
	w.view(func(v View) {
		if _, next := v.SpentVersions(w.now, 10); next != w.now.Add(55*time.Minute) {
			t.Errorf("the next one goes at %d", next)
		}
	})
	w.now = w.now.Add(time.Hour)
	if got := purge(); got != "v0" { // 7 are loaded
		t.Errorf("of the oldest two, of which one is pinned, %q went", got)
	}
	w.do(&SetVersionRetention{Rule: rows.VersionRetention{}})
	if got := purge(); got != "v2 v3" {
		t.Errorf("v4 is what a rollback goes to, v6 staged: %q went", got)
	}
	w.do(&SetVersionRetention{Remove: true})
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	if got := purge(); got != "" {
		t.Errorf("without the rule %q went", got)
	}
	w.refused(&SetVersionRetention{Rule: rows.VersionRetention{Keep: MaxKeptVersions + 1}}, "invalid_input")
	w.refused(&SetVersionRetention{Rule: rows.VersionRetention{MinAge: -1}}, "invalid_input")
	w.checkReplays()
}

// TestFirstFacts: what was loaded before level 1 has facts from then on; the feed is told nothing.
func TestFirstFacts(t *testing.T) {
	w := oldWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("a", "order")
	w.do(&LoadPackage{Package: pack("v2", "order"), Route: true})
	w.do(&LoadPackage{Package: pack("v3", "order"), Route: true})
	w.do(&LoadPackage{Package: pack("v4", "order")})
	w.do(&LoadPackage{Package: pack("v5", "order")})
	w.do(&RouteType{Type: "order", Version: versionOf("v5").String()})
	if got := stateOf(w, "v1", "order"); got != "no facts" {
		t.Errorf("at level 0 it is %s", got)
	}
	w.do(&RaiseLevel{Level: 1})
	for name, want := range map[string]string{"v1": "draining@8", "v2": "drained@8 drained@8", "v3": "drained@8 drained@8", "v4": "staged@8", "v5": "routed@8"} {
		if got := stateOf(w, name, "order"); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	w.view(func(v View) {
		if events, _ := v.Feed(FeedCursor{Index: 7, N: 1<<32 - 1}, 9); len(events) != 0 {
			t.Errorf("announced %+v", events)
		}
	})
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	if got := stateOf(w, "v1", "order"); got != "drained@9 drained@9" {
		t.Errorf("v1 is %s", got)
	}
	w.checkReplays()
}

// TestRoutedForAMoment: commands of one entry route a type to a version and away again. It was
// routed, so it is drained, or draining while a run that started in between is open. At level 1
// such a version counts as one that never was.
func TestRoutedForAMoment(t *testing.T) {
	for level, want := range map[uint64][2]string{1: {"staged@2", "staged@3 drained@4"}, 2: {"draining@4", "drained@4 drained@4"}} {
		w := worldAt(t, level)
		w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
		w.do(&LoadPackage{Package: pack("v2", "order")})
		w.do(&LoadPackage{Package: pack("v3", "order")})
		route := func(name string) Envelope {
			return Envelope{Command: &RouteType{Type: "order", Version: versionOf(name).String()}}
		}
		w.propose(route("v2"), Envelope{Command: &StartRun{WorkflowID: "a", RunID: w.mint(), Type: "order"}}, route("v3"), route("v1"))
		if got := [2]string{stateOf(w, "v2", "order"), stateOf(w, "v3", "order")}; got != want {
			t.Errorf("level %d: v2, v3 are %q, want %q", level, got, want)
		}
		w.checkReplays()
	}
}
