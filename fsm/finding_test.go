package fsm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// attributes draws few names and values, so that runs share them.
func (g *gambler) attributes() history.Attributes {
	values := []string{`"x"`, `"y"`, `["x"]`, `["x","y"]`, `["y","x","y"]`, "1", "null", "true"}
	set := history.Attributes{}
	for range rapid.IntRange(0, 2).Draw(g.t, "attributes") {
		set[g.one("attribute", []string{"k", "l"})] = history.Payload(g.one("value", values))
	}
	return set
}

// retentionCommand draws a change of the rules or deletes what has expired, with runs among it that
// have not.
func (g *gambler) retentionCommand(typ string) Command {
	if rapid.IntRange(0, 2).Draw(g.t, "retention") == 0 {
		if g.coin("others") {
			typ = ""
		}
		c := &SetRetention{Rule: rows.Retention{Type: typ, Age: history.Duration(rapid.IntRange(0, 4).Draw(g.t, "age")) * 1e9}, Remove: g.coin("remove")}
		return c
	}
	c := new(PurgeRuns)
	g.w.view(func(v View) {
		c.Runs = v.ExpiredRuns(g.w.now, 5)
		runs, _ := v.ListRuns(RunFilter{}, 3, "")
		for _, r := range runs {
			c.Runs = append(c.Runs, r.RunID)
		}
	})
	return c
}

// TestFinding: whatever happened to runs, a filter finds those that pass it and no others, newest
// first, page by page; and the counts are theirs. The model is a look at every row.
func TestFinding(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.s.Close()
		g := &gambler{w: w, t: rt, versions: []string{"v1", "v2", "v3"}, types: []string{"order", "refund"}, ids: []string{"a", "b", "c", "d"}}
		w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
		w.do(&LoadPackage{Package: pack("v2", "order"), Route: true})
		for range rapid.IntRange(5, 40).Draw(rt, "entries") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 2).Draw(rt, "seconds")) * time.Second)
			id, typ := g.one("id", g.ids), g.one("type", g.types)
			switch rapid.IntRange(0, 7).Draw(rt, "what") {
			case 0, 1, 2:
				w.propose(Envelope{Command: &StartRun{WorkflowID: id, RunID: w.mint(), Type: typ, Attributes: g.attributes()}})
			case 3:
				w.propose(Envelope{Command: &PauseRun{Run: RunRef{WorkflowID: id}}})
			case 4:
				w.propose(Envelope{Command: g.retentionCommand(typ)})
			default:
				if r, ok := w.find(id); ok {
					c := &RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: r.Events}
					c.Asked = append(c.Asked, history.Event{Data: &history.AttributesUpdated{Attributes: g.attributes()}})
					c.Asked = append(c.Asked, history.Event{Data: &history.ChildWorkflowStarted{ID: c.N, WorkflowID: fmt.Sprint("kid-", len(w.log)), WorkflowType: typ}})
					if d := g.last(r); d != nil {
						c.Asked = append(c.Asked, history.Event{Data: d})
					}
					w.propose(Envelope{Command: c})
				}
			}
		}
		w.view(func(v View) {
			all := rowsBack(v.(*picture))
			for range 20 {
				f := g.filter()
				compareFound(rt, v, f, all, rapid.IntRange(1, 4).Draw(rt, "limit"))
				compareCounts(rt, v, f, all)
			}
		})
	})
}

// rowsBack reads all runs from their rows, newest first.
func rowsBack(p *picture) (all []rows.Run) {
	p.ScanBack(rows.Key(rows.FamilyRun), rows.Key(rows.FamilyRun+1), func(_, b []byte) bool {
		var r row
		p.row(b, &r)
		all = append(all, r.Run)
		return true
	})
	return all
}

// filter draws one that several parts of may be missing from.
func (g *gambler) filter() (f RunFilter) {
	part := func(what string) bool { return rapid.IntRange(0, 2).Draw(g.t, what) == 0 }
	moment := func(what string) history.Time {
		if !part(what) {
			return 0
		}
		return worldsBeginning.Add(time.Duration(rapid.IntRange(0, 40).Draw(g.t, what)) * time.Second)
	}
	if part("by type") {
		f.Type = g.one("type", g.types)
	}
	if part("by status") {
		f.Status = history.Status(rapid.IntRange(1, 8).Draw(g.t, "status"))
	}
	if part("by version") {
		f.Version = versionOf(g.one("version", g.versions))
	}
	if part("by parent") {
		f.Parent = g.one("parent", g.ids)
	}
	if part("by attributes") {
		f.Attributes = g.attributes()
	}
	f.StartedFrom, f.StartedBefore, f.ClosedFrom, f.ClosedBefore = moment("started from"), moment("started before"), moment("closed from"), moment("closed before")
	return f
}

// fits is what RunFilter means, said once more and as plainly as can be.
func fits(f RunFilter, r rows.Run) bool {
	for name, want := range f.Attributes {
		var list []string
		var item string
		value := r.Attributes[name]
		inList := json.Unmarshal(value, &list) == nil && json.Unmarshal(want, &item) == nil && want[0] == '"' && slices.Contains(list, item)
		if !inList && !bytes.Equal(value, want) {
			return false
		}
	}
	closing := f.ClosedFrom != 0 || f.ClosedBefore != 0
	return (f.Type == "" || f.Type == r.Type) && (f.Status == 0 || f.Status == r.Status) && (f.Version.IsZero() || f.Version == r.Version) &&
		(f.Parent == "" || r.Parent != nil && r.Parent.WorkflowID == f.Parent) &&
		r.StartedAt >= f.StartedFrom && (f.StartedBefore == 0 || r.StartedAt < f.StartedBefore) &&
		(!closing || !r.Status.Open() && r.ClosedAt >= f.ClosedFrom && (f.ClosedBefore == 0 || r.ClosedAt < f.ClosedBefore))
}

func compareFound(t rapid.TB, v View, f RunFilter, all []rows.Run, limit int) {
	var want, got []history.RunID
	for _, r := range all {
		if fits(f, r) {
			want = append(want, r.RunID)
		}
	}
	for cursor := ""; ; {
		page, next := v.ListRuns(f, limit, cursor)
		if len(page) > limit {
			t.Fatalf("%+v: a page of %d, the limit is %d", f, len(page), limit)
		}
		for _, r := range page {
			got = append(got, r.RunID)
		}
		if cursor = next; next == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v finds %v, want %v", f, got, want)
	}
}

func compareCounts(t rapid.TB, v View, f RunFilter, all []rows.Run) {
	want := map[rows.Cohort]uint64{}
	for _, r := range all {
		if fits(RunFilter{Type: f.Type, Status: f.Status, Version: f.Version}, r) {
			want[rows.Cohort{Type: r.Type, Version: r.Version, Status: r.Status}]++
		}
	}
	got := v.CountRuns(f)
	for _, c := range got {
		if want[rows.Cohort{Type: c.Type, Version: c.Version, Status: c.Status}] != c.Count {
			t.Fatalf("%+v counts %+v, want %v", f, got, want)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%+v counts %+v, want %v", f, got, want)
	}
}

// TestShortPages: a filter that few runs fit has pages that end before their limit, each with a
// cursor; together they find everything once.
func TestShortPages(t *testing.T) {
	w := newWorld(t)
	w.s.Close()
	w.s, _ = Open(Config{Dir: "state", FS: w.fs, Level: w.level})
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	const runs = 24_000 // more than are gathered
	for i := 0; i < runs; i += 1000 {
		var starts, ends []Envelope
		for n := i; n < i+1000; n++ {
			c := &StartRun{WorkflowID: fmt.Sprint(n), RunID: w.mint(), Type: []string{"order", "refund"}[n%2]}
			if n%2 == 1 || n == 0 {
				c.Attributes = history.Attributes{"k": history.Payload("1")}
			}
			starts = append(starts, Envelope{Command: c})
			ends = append(ends, Envelope{Command: &TerminateRun{Run: RunRef{RunID: c.RunID}}})
		}
		w.propose(starts...)
		w.now++
		w.propose(ends...)
	}
	first := worldsBeginning + 1
	w.view(func(v View) {
		for _, tt := range []struct {
			f        RunFilter
			find     int
			min, max int // pages
		}{
			{RunFilter{Type: "order", Attributes: history.Attributes{"k": history.Payload("1")}}, 1, 2, 5},
			{RunFilter{ClosedFrom: first, ClosedBefore: first + 1}, 1000, 1, 1},                        // gathered
			{RunFilter{ClosedFrom: first, ClosedBefore: first + 22}, 22_000, 22, 30},                   // too many for that
			{RunFilter{ClosedFrom: first, Attributes: history.Attributes{"k": nil}}, 0, 1, 1},          // neither
			{RunFilter{StartedFrom: first, StartedBefore: first + 1, Type: "refund"}, 500, 1, 1},       // begins and ends by time
			{RunFilter{ClosedFrom: first + 22, ClosedBefore: first + 23, Type: "order"}, 500, 1, 1},    // gathered of one type
			{RunFilter{Status: history.StatusRunning}, 0, 1, 1},                                        // no page of rows is left
			{RunFilter{Status: history.StatusTerminated, Version: versionOf("v1")}, runs, 24, 24 + 10}, // all indexes agree
		} {
			pages, found, cursor := 0, map[history.RunID]bool{}, ""
			for more := true; more; more = cursor != "" {
				var page []rows.Run
				page, cursor = v.ListRuns(tt.f, 1000, cursor)
				for _, r := range page {
					if found[r.RunID] || !fits(tt.f, r) {
						t.Fatalf("%+v finds %s again, or wrongly", tt.f, r.RunID)
					}
					found[r.RunID] = true
				}
				if pages++; pages > 100 {
					t.Fatalf("%+v: page after page", tt.f)
				}
			}
			if len(found) != tt.find || pages < tt.min || pages > tt.max {
				t.Errorf("%+v finds %d runs on %d pages, want %d on %d to %d", tt.f, len(found), pages, tt.find, tt.min, tt.max)
			}
		}
	})
	if err := w.s.failed(); err != nil {
		t.Error(err)
	}
}

// TestPagesUnderWrites: what is written between two pages neither hides a run that was there all
// the time nor shows one twice.
func TestPagesUnderWrites(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&SetRetention{Rule: rows.Retention{Age: 1e9}})
	for i := range 20 {
		w.start(fmt.Sprint(i), "order")
	}
	for _, f := range []RunFilter{{}, {Type: "order"}, {Status: history.StatusRunning}, {Version: versionOf("v1")}} {
		seen, cursor := map[string]int{}, ""
		for page := 0; page == 0 || cursor != ""; page++ {
			w.view(func(v View) {
				var runs []rows.Run
				runs, cursor = v.ListRuns(f, 3, cursor)
				for _, r := range runs {
					seen[r.WorkflowID]++
				}
			})
			w.start(fmt.Sprintf("%s-%s-%v-%d", f.Type, f.Status, f.Version.IsZero(), page), "order")
			if id := fmt.Sprint(3 * page); page < 4 { // one that was listed on an earlier page, or is still to come
				w.propose(Envelope{Command: &TerminateRun{Run: RunRef{WorkflowID: id}}})
				w.now = w.now.Add(time.Second)
				w.do(&PurgeRuns{Runs: []history.RunID{w.runs[3*page]}})
			}
		}
		for i := range 20 {
			if id := fmt.Sprint(i); seen[id] > 1 || seen[id] == 0 && (i%3 != 0 || i > 9) {
				t.Errorf("%+v: run %s was listed %d times", f, id, seen[id])
			}
		}
	}
	w.checkReplays()
}
