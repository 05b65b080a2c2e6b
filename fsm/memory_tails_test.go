package fsm

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// fromDisk answers as a View that remembers nothing.
func (w *world) fromDisk(f func(View)) {
	w.view(func(v View) {
		p := *v.(*picture)
		p.tails, p.recent = newTails(0), newRecent(0)
		f(&p)
	})
}

// what a View says of a run, from every place on and with several limits.
func (w *world) reads(v View, id history.RunID) string {
	var b strings.Builder
	run, ok := v.Run(id)
	fmt.Fprintf(&b, "%x %v\n", rows.Encoded(run), ok)
	for from := uint64(0); from <= run.Events+2; from += 1 + run.Events/20 {
		for _, limit := range []int{1, 4096} {
			for _, e := range v.Events(id, from, limit) {
				line, err := history.AppendEvent(nil, e)
				if err != nil {
					w.t.Fatal(err)
				}
				fmt.Fprintf(&b, "%d %x ", e.Seq, line)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// Whatever is remembered of a run, Views say what the database says.
func TestTailsAnswerAsTheDatabaseDoes(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	id := w.start("a", "order")
	same := func() {
		t.Helper()
		var memory, disk string
		w.view(func(v View) { memory = w.reads(v, id) })
		w.fromDisk(func(v View) { disk = w.reads(v, id) })
		if memory != disk {
			t.Fatalf("at %d events, memory says\n%s\nthe database\n%s", w.latest("a").Events, memory, disk)
		}
	}
	for i := range uint64(24) { // past the number of events that are kept
		var asked []history.Data
		for n := range uint64(10) {
			asked = append(asked, &history.TimerStarted{ID: 10*i + n + 1, Duration: 1e18})
		}
		w.turn("a", asked...)
		w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "go", MaxWaiting: 1e6})
		if i%4 == 3 {
			same()
		}
	}
	w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "large", Payload: bytes.Repeat([]byte("1"), maxTailBytes), MaxWaiting: 1e6})
	same()
	w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "small", MaxWaiting: 1e6})
	same()
	w.s.tails, w.s.recent = newTails(0), newRecent(0) // as after a restart
	w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "after", MaxWaiting: 1e6})
	same()
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	same()
}

// A View goes on to answer for its index while later entries change what is remembered.
func TestAViewOfAnEarlierIndexDoesNotSeeLaterTails(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	id := w.start("a", "order")
	w.turn("a", &history.ActivityScheduled{ID: 1, Activity: "x", Queue: "q"})
	w.view(func(v View) {
		told := func() string {
			q, known := v.Queue("q")
			_, none := v.Queue("none")
			return w.reads(v, id) + fmt.Sprint(q, known, none, v.Offers("q", []string{"x"}), v.Offers("none", []string{"x"}))
		}
		before := told()
		w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "go", MaxWaiting: 9})
		w.do(&LeaseTasks{Queue: "q", Activities: []string{"x"}, Worker: "w", Max: 1})
		w.turn("a", &history.ActivityScheduled{ID: 2, Activity: "x", Queue: "none"}, &history.ActivityCancelled{ID: 1})
		if after := told(); after != before {
			t.Errorf("a View said\n%s\nand, after other entries,\n%s", before, after)
		}
		var now string
		w.view(func(v View) {
			q, known := v.Queue("none")
			now = fmt.Sprint(q.Offered, known, v.Offers("none", []string{"x"}))
		})
		if now != "1 true 1" {
			t.Errorf("a new View says %s", now)
		}
	})
}

// What is remembered is bounded, and forgotten by last use.
func TestTailsAreBounded(t *testing.T) {
	c := newTails(0)
	row := func(i int) *row {
		r := &row{RunRow: rows.RunRow{Run: rows.Run{RunID: history.RunID{byte(i), byte(i >> 8), byte(i >> 16)}, Events: 1}}}
		r.added = []line{{history.Event{Seq: 1, Data: &history.WorkflowResumed{}}, 1000, 0}}
		return r
	}
	for i := range 3 * maxTails {
		c.change(uint64(i+1), row(i))
	}
	if len(c.runs) != maxTails || c.bytes != 1000*maxTails {
		t.Errorf("%d runs with %d bytes are kept", len(c.runs), c.bytes)
	}
	last := row(3*maxTails - 1).Run.RunID
	if _, ok := c.stand(last, 3*maxTails); !ok {
		t.Error("the newest is forgotten")
	}
	if _, ok := c.stand(last, 3*maxTails-1); ok {
		t.Error("an earlier index is answered from memory")
	}
	if _, ok := c.stand(row(0).Run.RunID, 3*maxTails); ok {
		t.Error("the oldest is kept")
	}
	c.drop(last)
	if _, ok := c.stand(last, 3*maxTails); ok || len(c.runs) != maxTails-1 {
		t.Error("a dropped run is kept")
	}
	for i := range maxTails { // large events leave no room for many runs
		r := row(i)
		r.added[0].bytes = maxTailBytes
		c.change(uint64(i+1), r)
	}
	if c.bytes > maxTailsBytes || len(c.runs) < maxTailsBytes/maxTailBytes {
		t.Errorf("%d runs with %d bytes are kept", len(c.runs), c.bytes)
	}
	for l, n := c.oldest, 0; l != nil; l, n = l.neighbours().newer, n+1 {
		if l.neighbours().newer == nil && (l != c.newest || n+1 != len(c.runs)) {
			t.Errorf("the list has %d of %d runs", n+1, len(c.runs))
		}
	}
}

func TestRowsRememberedAreThoseOfTheirIndex(t *testing.T) {
	c := newRecent(0)
	get := func(key string, index uint64, want []byte, known bool) {
		t.Helper()
		if got, ok := c.get([]byte(key), index); ok != known || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%s at %d is %q, %v; want %q, %v", key, index, got, ok, want, known)
		}
	}
	get("a", 5, nil, false)
	c.note([]byte("a"), 5, nil) // the database has none
	get("a", 5, nil, true)
	get("a", 4, nil, false)
	c.index = 7 // an entry was taken over
	c.note([]byte("b"), 6, []byte("old"))
	get("b", 7, nil, false)
	c.note([]byte("b"), 7, []byte("new"))
	get("b", 7, []byte("new"), true)
	for i := range maxKeptRows + 1 {
		c.note(fmt.Append(nil, i), 7, nil)
	}
	if len(c.rows) > maxKeptRows {
		t.Errorf("%d rows are kept", len(c.rows))
	}
}

// Readers at any time see a run and its events as of one entry.
func TestTailsUnderReaders(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	id := w.start("a", "order")
	over := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for index := uint64(0); ; {
				select {
				case <-over:
					return
				default:
				}
				w.view(func(v View) {
					run, _ := v.Run(id)
					events := v.Events(id, run.Events, 10)
					if len(events) != 1 || events[0].Seq != run.Events || v.Index() < index || run.Events != v.Index()-1 {
						t.Errorf("at %d, after %d: run with %d events, and %d from there on", v.Index(), index, run.Events, len(events))
					}
					index = v.Index()
				})
			}
		})
	}
	for range 100 {
		w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "go", MaxWaiting: 1e6})
	}
	close(over)
	readers.Wait()
}

// TestTouchedQueues: readers learn of every queue that an entry changed, up to the index that they
// see, or that they have been away for too long.
func TestTouchedQueues(t *testing.T) {
	c := newRecent(10)
	entry := func(index uint64, queues ...string) {
		s := &step{index: index, Overlay: new(store.DB).Overlay()}
		for _, q := range queues {
			s.Put(rows.TextKey(rows.FamilyQueue, q), []byte{1})
		}
		c.keep(s)
	}
	ask := func(after, upTo uint64, want string) {
		t.Helper()
		queues, known := c.queuesTouched(after, upTo)
		if got := fmt.Sprint(queues, known); got != want {
			t.Errorf("after %d up to %d: %s, want %s", after, upTo, got, want)
		}
	}
	ask(9, 10, "[] false")
	ask(10, 10, "[] true")
	entry(11, "a", "b")
	entry(12)
	entry(13, "b")
	entry(15, "c")
	ask(10, 15, "[a b b c] true")
	ask(11, 13, "[b] true")
	ask(13, 14, "[] true")
	ask(15, 20, "[] true")
	for i := range uint64(maxTouched) {
		entry(16+i, "d")
	}
	ask(15, 16+maxTouched, "[] false")
	if queues, known := c.queuesTouched(15+maxTouched/2+5, 16+maxTouched); !known || len(queues) < maxTouched/3 {
		t.Errorf("%d queues are remembered of the newest entries, %v", len(queues), known)
	}
}

// TestTouchedRuns: readers learn of every run that an entry changed, also of one that took no turn,
// and of none that it did not.
func TestTouchedRuns(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	ask := func(after uint64, want string) {
		t.Helper()
		w.view(func(v View) {
			ids, known := v.RunsTouched(after)
			var names []string
			for _, id := range ids {
				run, _ := v.Run(id)
				names = append(names, run.WorkflowID)
			}
			if got := fmt.Sprint(names, known); got != want {
				t.Errorf("after %d: %s, want %s", after, got, want)
			}
		})
	}
	w.start("a", "order")
	first := w.s.Applied()
	w.start("b", "order")
	ask(first, "[b] true")
	w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "go", MaxWaiting: 1e6})
	w.turn("a", &history.TimerStarted{ID: 1, Duration: 1e18})
	ask(first, "[b a a] true")
	ask(first-1, "[a b a a] true")
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "b"}})
	ask(w.s.Applied()-1, "[b] true")
	ask(w.s.Applied(), "[] true")
	w.do(&LoadPackage{Package: pack("v2", "order"), Route: true})
	ask(w.s.Applied()-1, "[] true")
	w.s.tails = newTails(w.s.Applied()) // as after a restart
	w.do(&LoadPackage{Package: pack("v3", "order"), Route: true})
	ask(w.s.Applied()-1, "[] true")
	ask(w.s.Applied()-2, "[] false")
}
