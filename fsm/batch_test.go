package fsm

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// TestOneEntryOrMany: commands have the same outcomes, and leave the same histories and pins,
// whether each has an entry of its own or all share one. The first goes through the database after
// every command, the second never.
func TestOneEntryOrMany(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		alone, together := oldWorld(t), oldWorld(t) // facts of versions follow from whole entries
		defer alone.s.Close()
		defer together.s.Close()
		g := &gambler{w: alone, t: rt, versions: []string{"v1", "v2", "v3"}, types: []string{"order", "refund"}, ids: []string{"a", "b", "c"}}
		all := []Envelope{{Command: &LoadPackage{Package: pack("v1", "order", "refund"), Route: true}}}
		one := alone.propose(all[0])
		for range rapid.IntRange(1, 40).Draw(rt, "commands") {
			e := g.envelope()
			if namesIndex(e.Command) {
				continue
			}
			all = append(all, e)
			one = append(one, alone.propose(e)...)
		}
		many := together.propose(all...)
		for i := range one {
			one[i].Index, many[i].Index = 0, 0
			if a, b := unordered(alone.say(one[i:i+1])), unordered(together.say(many[i:i+1])); a != b {
				rt.Fatalf("command %d %+v: alone %s, together %s", i, all[i].Command, a, b)
			}
		}
		a, b := strings.Split(unordered(alone.told()), "\n"), strings.Split(unordered(together.told()), "\n")
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) || a[i] != b[i] {
				rt.Fatalf("alone and together they tell otherwise from line %d on:\n%s\n%s", i, strings.Join(a[i:min(i+3, len(a))], "\n"), strings.Join(b[i:min(i+3, len(b))], "\n"))
			}
		}
	})
}

// namesIndex reports whether a command names the index of an earlier entry.
func namesIndex(c Command) bool {
	switch c := c.(type) {
	case *ReportDigest:
		return true
	case *ResumeSchedule:
		return c.Revision != 0
	case *FireSchedule:
		return c.Revision != 0
	case *RaiseLevel: // facts of versions follow from whole entries
		return true
	}
	return false
}

// unordered leaves out of messages what follows from the indexes of entries: revisions, and what is
// loaded, as versions are named in the order of loading.
func unordered(s string) string { return byIndex.ReplaceAllString(s, "") }

var byIndex = regexp.MustCompile(`(loaded|carried by): [0-9a-f, ]+|@[0-9]+`)

// told is what a world tells of its runs and versions without log indexes.
func (w *world) told() string {
	var b strings.Builder
	w.view(func(v View) {
		runs, _ := v.ListRuns(RunFilter{}, maxRows, "")
		for _, r := range runs {
			w.lookRun(&b, r)
			for _, e := range v.Events(r.RunID, 1, maxRows) {
				b.WriteString("  " + sayEvent(e) + "\n")
			}
			fmt.Fprintln(&b, v.Turns(r.RunID, 1, maxRows), v.Children(r.RunID))
			tellTasks(&b, v, r.RunID)
		}
		for _, name := range []string{"v1", "v2", "v3"} {
			_, loaded := v.Catalog().Package(versionOf(name))
			holders, _ := v.PinHolders(versionOf(name), maxRows, "")
			list, err := json.Marshal(holders)
			if err != nil {
				w.t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %v %+v %s\n", name, loaded, v.Pins(versionOf(name)), list)
		}
		fmt.Fprintln(&b, v.DueTimers(1<<62, maxRows))
		w.lookSchedules(&b, v, words{})
		deploys, _ := v.Deploys("", maxRows, DeployCursor{})
		for _, d := range deploys {
			fmt.Fprintln(&b, d.Operation, d.Type, d.Version, d.Previous, d.Outcome)
		}
		feed, _ := v.Feed(FeedCursor{}, maxRows)
		for _, e := range feed {
			fmt.Fprintln(&b, e.Name, string(e.Data))
		}
	})
	return b.String()
}

// TestDeepFamily: a chain of a thousand descendants ends in the step that ends the first, without
// recursion; and so does a broad one.
func TestDeepFamily(t *testing.T) {
	w := newWorld(t)
	w.s.Close()
	w.s, _ = Open(Config{Dir: "state", FS: w.fs, Level: w.level})
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("p-0", "order")
	const depth = 1000
	for i := range depth {
		w.turn(fmt.Sprint("p-", i), &history.ChildWorkflowStarted{ID: 1, WorkflowID: fmt.Sprint("p-", i+1), WorkflowType: "order"})
	}
	var broad []history.Data
	for i := range uint64(depth) {
		broad = append(broad, &history.ChildWorkflowStarted{ID: i + 1, WorkflowID: fmt.Sprint("b-", i), WorkflowType: "order"})
	}
	w.turn(fmt.Sprint("p-", depth), broad...)
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "p-0"}})
	w.view(func(v View) {
		if open, _ := v.ListRuns(RunFilter{Status: history.StatusRunning}, 1, ""); len(open) != 0 {
			t.Errorf("%s is still open", open[0].WorkflowID)
		}
		if ended, _ := v.ListRuns(RunFilter{Status: history.StatusTerminated}, maxRows, ""); len(ended) != 2*depth+1 {
			t.Errorf("%d runs were terminated", len(ended))
		}
		if pins := v.Pins(versionOf("v1")); pins.Total() != 0 {
			t.Errorf("pins left: %+v", pins)
		}
	})
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
}

// TestFieldLimits: every size that a caller controls has a limit, and the refusal names the field.
func TestFieldLimits(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("a", "order")
	long, ref := strings.Repeat("x", 1<<20), RunRef{WorkflowID: "a"}
	for _, tt := range []struct {
		c           Command
		code, names string
	}{
		{&LoadPackage{Package: pack("v2", "order"), Message: long}, "invalid_input", "message"},
		{&LoadPackage{Package: pack("v2")}, "invalid_package", "workflows"},
		{&LoadPackage{Package: pack("v2", long)}, "invalid_package", "workflows"},
		{&RouteType{Type: "order", Version: versionOf("v1").String(), Message: long}, "invalid_input", "message"},
		{&RouteType{Type: "order", Version: long}, "invalid_input", "version"},
		{&RouteType{Type: long, Version: "abcdef"}, "invalid_input", "type"},
		{&UnrouteType{Type: "order", Message: long}, "invalid_input", "message"},
		{&RollbackType{Type: "order", Expect: long}, "invalid_input", "expect"},
		{&UnloadVersion{Type: "order", Version: long, Message: long}, "invalid_input", "message"},
		{&StartRun{WorkflowID: long, RunID: w.mint(), Type: "order"}, "invalid_input", "workflow_id"},
		{&StartRun{WorkflowID: "b", Type: "order"}, "invalid_input", "run_id"},
		{&StartRun{WorkflowID: "b", RunID: w.runs[0], Type: "order"}, "invalid_input", "run_id"},
		{&StartRun{WorkflowID: "b", RunID: w.mint(), Type: "order", Timeout: -1}, "invalid_input", "timeout"},
		{&SignalRun{Run: ref, Name: long, MaxWaiting: 9}, "invalid_input", "name"},
		{&CancelRun{Run: ref, Reason: long}, "invalid_input", "reason"},
		{&TerminateRun{Run: ref, Reason: long}, "invalid_input", "reason"},
		{&PauseRun{Run: ref, Reason: long}, "invalid_input", "reason"},
		{&FireTimers{Timers: make([]TimerRef, maxFired+1)}, "resource_exhausted", "timers"},
		{&AnnounceNode{}, "invalid_input", "id"},
		{&AnnounceNode{Node: rows.Node{ID: "n", HTTPAddress: long}}, "invalid_input", "http_address"},
	} {
		if r := w.refused(tt.c, tt.code); !strings.Contains(r.Error(), tt.names) {
			t.Errorf("%T: %.200s, which does not name %s", tt.c, r.Error(), tt.names)
		}
	}
	for _, id := range []string{"", long} {
		if r := w.propose(Envelope{Request: &Request{ID: id}, Command: &Check{}})[0]; r.Refusal == nil || r.Refusal.Code() != "invalid_input" {
			t.Errorf("a request id of %d bytes: %+v", len(id), r)
		}
	}
	w.view(func(v View) {
		records, _ := v.Deploys("", maxRows, DeployCursor{})
		for _, d := range records {
			if len(rows.Encoded(d)) > 1<<12 {
				t.Errorf("a deploy record of %d bytes", len(rows.Encoded(d)))
			}
		}
		feed, _ := v.Feed(FeedCursor{}, maxRows)
		for _, e := range feed {
			if len(e.Data) > 1<<12 {
				t.Errorf("a feed event of %d bytes: %.100s", len(e.Data), e.Data)
			}
		}
	})
	for i := range maxNodes {
		w.propose(Envelope{Command: &AnnounceNode{Node: rows.Node{ID: fmt.Sprint(i)}}})
		if i == 0 { // the rest without recounting everything each time
			w.s.cfg.Check = nil
		}
	}
	w.refused(&AnnounceNode{Node: rows.Node{ID: "one more"}}, "resource_exhausted")
}

// TestRequestsExpire: a table of many ids empties as fast as it filled, and the ids can be taken
// again meanwhile.
func TestRequestsExpire(t *testing.T) {
	w := newWorld(t)
	check := func(id string) Envelope {
		return Envelope{Request: &Request{ID: id, Short: true}, Command: &Check{}}
	}
	for i := range 200 {
		w.propose(check(fmt.Sprint("a", i)))
	}
	w.now = w.now.Add(time.Duration(madeUpFor) - time.Second)
	if r := w.propose(check("a0"))[0]; !r.Deduplicated {
		t.Error("an id was forgotten early")
	}
	w.now = w.now.Add(time.Second)
	for i := range 20 {
		if r := w.propose(check(fmt.Sprint("a", i*10)))[0]; r.Deduplicated {
			t.Error("an id was remembered for too long")
		}
	}
	if got := w.s.meta.Requests[rows.ClassMadeUp].Len(); got != 20 {
		t.Errorf("%d ids are remembered, want 20", got)
	}
}

// TestRefusalsPushNoActOut: a caller that is refused without end leaves the history of acts whole,
// and acts leave that of refusals; each has its window, a page reads both in the order of the log,
// and a cursor means the same record whatever has been dropped since.
func TestRefusalsPushNoActOut(t *testing.T) {
	w := newWorld(t)
	w.bounded(DefaultRequestBytes)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&RouteType{Type: "order", Version: versionOf("v1").String()})
	w.s.cfg.Check = nil // tens of thousands of entries; checked at the end
	refused := Envelope{Command: &RouteType{Type: "order", Version: strings.Repeat("0", 64)}}
	flood := func(n int) {
		for n > 0 {
			e := make([]Envelope, min(n, 500))
			for i := range e {
				e[i] = refused
			}
			w.propose(e...)
			n -= len(e)
		}
	}
	read := func(before DeployCursor) (acts, refusals int, last []rows.DeployRecord) {
		w.view(func(v View) {
			for {
				page, next := v.Deploys("order", 777, before)
				for _, d := range page {
					if d.Outcome == OutcomeOK {
						acts++
					} else {
						refusals++
					}
				}
				last = append(last, page...)
				if before = next; next == (DeployCursor{}) {
					return
				}
			}
		})
		return acts, refusals, last
	}
	flood(500)
	var cursor DeployCursor
	w.view(func(v View) { _, cursor = v.Deploys("", 300, DeployCursor{}) })
	_, _, before := read(cursor)
	flood(deploysKept)
	acts, refusals, all := read(DeployCursor{})
	if acts != 2 || refusals != deploysKept {
		t.Errorf("%d acts and %d refusals are left", acts, refusals)
	}
	for i := 1; i < len(all); i++ {
		if !(rows.Place{Index: all[i].Index, N: all[i].N}).Before(rows.Place{Index: all[i-1].Index, N: all[i-1].N}) {
			t.Fatalf("record %d.%d stands behind %d.%d", all[i].Index, all[i].N, all[i-1].Index, all[i-1].N)
		}
	}
	if _, _, after := read(cursor); len(after) != 2 || after[0].Operation != opRoute || len(before) != 202 {
		t.Errorf("%d records stand behind the cursor, then %d", len(before), len(after))
	}
	for range deploysKept / 500 {
		var e []Envelope
		for range 500 {
			e = append(e, Envelope{Command: &RouteType{Type: "order", Version: versionOf("v1").String()}})
		}
		w.propose(e...)
	}
	if acts, refusals, _ := read(DeployCursor{}); acts != deploysKept || refusals != deploysKept {
		t.Errorf("%d acts and %d refusals are left", acts, refusals)
	}
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
	w.checkReplay("snapshot")
	w.checkReplay("crash")
}
