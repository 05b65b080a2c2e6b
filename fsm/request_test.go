package fsm

import (
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

func limitsCommands() []Command {
	return []Command{&SetLimits{Node: "n1", Limits: rows.Limits{RequestBytes: 1 << 20}}}
}

// bounded makes a table of request keys with room for so many bytes.
func (w *world) bounded(bytes uint64) {
	w.do(&AnnounceNode{Node: rows.Node{ID: "n1"}})
	w.do(&SetLimits{Node: "n1", Limits: rows.Limits{RequestBytes: bytes}})
}

// ask sends a command that changes nothing under a key.
func (w *world) ask(owner, id string, print byte, short bool) Result {
	q := &Request{ID: id, Print: catalog.Digest{print}, Short: short, Owner: owner}
	return w.propose(Envelope{Request: q, Command: &Check{Leader: "n1"}})[0]
}

// TestRequestModel plays random requests of several owners against a table so small that it is
// often full, and against a map that remembers everything for as long as was promised.
func TestRequestModel(t *testing.T) {
	type first struct {
		print   byte
		index   uint64
		expires history.Time
	}
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.s.Close()
		w.bounded(MinRequestBytes)
		known := map[string]first{}
		for range rapid.IntRange(10, 120).Draw(rt, "requests") {
			w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 400, 900, 40_000}).Draw(rt, "seconds")) * time.Second)
			owner := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "owner")
			id := fmt.Sprint(rapid.IntRange(0, 40).Draw(rt, "key"))
			print := byte(rapid.IntRange(1, 5).Draw(rt, "print") / 5)
			short := rapid.Bool().Draw(rt, "short")
			before := w.requestUse() // the entry that asks drops what has expired after it has answered
			r := w.ask(owner, id, print, short)
			f, there := known[owner+"/"+id]
			late := there && f.expires <= w.now && f.expires.Add(time.Second) > w.now // may be kept for up to a second longer
			there = there && f.expires > w.now
			_, mismatch := r.Refusal.(*RequestMismatch)
			_, full := r.Refusal.(*RequestsFull)
			switch {
			case late:
			case there && f.print != print && !mismatch, there && f.print == print && !(r.Deduplicated && r.Index == f.index):
				rt.Fatalf("%q of %q is known as %+v, the answer was %+v", id, owner, f, r)
			case !there && (r.Deduplicated || mismatch):
				rt.Fatalf("%q of %q is not known, the answer was %+v", id, owner, r)
			}
			if !r.Deduplicated && r.Refusal == nil {
				life := givenFor
				if short {
					life = madeUpFor
				}
				known[owner+"/"+id] = first{print, r.Index, w.now.Add(time.Duration(life))}
			}
			for i, u := range w.requestUse() {
				if most := u.Limit + 100; u.Bytes > most {
					rt.Fatalf("the table holds %d bytes, the limit is %d", u.Bytes, u.Limit)
				}
				if full && u.MadeUp == short && before[i].Bytes+100 < u.Limit/4 {
					rt.Fatalf("refused with %d of %d bytes taken: %v", before[i].Bytes, u.Limit, r.Refusal)
				}
			}
		}
		w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
	})
}

func (w *world) requestUse() (use []RequestUse) {
	w.view(func(v View) { use = v.RequestUse() })
	return use
}

// TestOneOwnerLeavesRoom: a token that sends keys without end is refused at its share, named, and
// others still find room, each less than the one before; nobody's key is dropped for it.
func TestOneOwnerLeavesRoom(t *testing.T) {
	w := newWorld(t)
	w.bounded(64 << 10)
	w.s.cfg.Check = nil // thousands of entries; checked at the end
	taken := map[string]int{}
	for _, owner := range []string{"flood", "second", "third"} {
		for {
			r := w.ask(owner, fmt.Sprint("k", taken[owner]), 1, false)
			if full, refused := r.Refusal.(*RequestsFull); refused {
				if !full.Share || full.Holder != owner || full.Limit != 64<<10 {
					t.Fatalf("%+v does not name who holds how much of what", full)
				}
				break
			}
			taken[owner]++
		}
	}
	if taken["flood"] < 3*taken["second"] || taken["second"] < 3*taken["third"] || taken["third"] < 10 {
		t.Errorf("keys taken: %v", taken)
	}
	for owner, n := range taken {
		for i := range n {
			if r := w.ask(owner, fmt.Sprint("k", i), 1, false); !r.Deduplicated {
				t.Fatalf("key %d of %s was dropped: %+v", i, owner, r)
			}
		}
	}
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
}

// TestSmallRows holds the rows of the most frequent answers to what docs/OPERATIONS.md reckons
// with.
func TestSmallRows(t *testing.T) {
	w := newWorld(t)
	w.bounded(DefaultRequestBytes)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	size := func(c Command) uint64 {
		use := func() (bytes uint64) {
			w.view(func(v View) { bytes = v.RequestUse()[rows.ClassGiven].Bytes })
			return bytes
		}
		before := use()
		r := w.propose(Envelope{Command: c, Request: &Request{ID: fmt.Sprintf("%036d", before), Owner: "billing"}})[0]
		if r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
		return use() - before
	}
	run := w.mint()
	if n := size(&StartRun{WorkflowID: run.String(), RunID: run, Type: "order"}); n > 120 {
		t.Errorf("a start takes %d bytes", n)
	} else {
		t.Logf("a start takes %d bytes", n)
	}
	if n := size(&SignalRun{Run: RunRef{WorkflowID: run.String()}, Name: "go", MaxWaiting: 9}); n > 90 {
		t.Errorf("a signal takes %d bytes", n)
	} else {
		t.Logf("a signal takes %d bytes", n)
	}
	if DefaultRequestBytes/shareIn*shareOf < 10_000_000*120 {
		t.Error("ten million starts of one token do not fit")
	}
}

// TestUnownedTableIsBounded: rows of the old kind have their old bound.
func TestUnownedTableIsBounded(t *testing.T) {
	w := newWorld(t)
	w.s.cfg.Check = nil // the rows that these numbers stand for are not there
	w.s.meta.Requests = [rows.Classes]rows.Span{{First: 0, End: unownedKeys}, {First: 0, End: unownedMadeUp}}
	w.s.expiry = [rows.Classes]history.Time{maxTime, maxTime}
	for _, short := range []bool{false, true} {
		r := w.ask("", "one more", 1, short)
		if full, ok := r.Refusal.(*ResourceExhausted); !ok || full.What != "request ids" {
			t.Errorf("%+v", r)
		}
	}
}

// TestPackedOutcomes: what the table writes in another form is read back as it was.
func TestPackedOutcomes(t *testing.T) {
	run := history.RunID{1, 2, 3}
	for _, a := range []Answer{
		&StartAnswer{WorkflowID: run.String(), RunID: run, Version: versionOf("v1")},
		&StartAnswer{WorkflowID: "a", RunID: run},
		&StartAnswer{WorkflowID: "AAAAAAAA-0000-0000-0000-000000000000", RunID: run}, // no run id spells itself like this
		&RunAnswer{WorkflowID: run.String(), RunID: run, Status: history.StatusPaused},
		&RunAnswer{WorkflowID: "a:b", RunID: run, Status: history.StatusRunning},
		&RunAnswer{WorkflowID: "a", RunID: run, Status: history.StatusPaused, Already: true},
		new(Done),
	} {
		b := packOutcome(Result{Answer: a})
		back, err := unpackOutcome(b)
		if err != nil || fmt.Sprint(back.Answer) != fmt.Sprint(a) {
			t.Errorf("%+v came back as %+v (%v)", a, back.Answer, err)
		}
		if b[0] == packedStart || b[0] == packedRun {
			for n := range len(b) - 1 {
				if _, err := unpackOutcome(b[:min(n, 17)]); err == nil {
					t.Errorf("%d bytes of %+v were read", n, a)
				}
			}
		}
	}
}
