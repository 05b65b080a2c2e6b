package engine_test

import (
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// replays cuts a history after every event, brings a machine to that point, and makes the next turn
// again. It does so twice: knowing all later reopenings, as a later leader does, and with the
// history as it was then.
func replays(t *testing.T, n *enginetest.Node, archive []byte, ref fsm.RunRef) {
	t.Helper()
	a, err := catalog.Open(archive, catalog.Limits{MaxArchiveBytes: 1 << 30, MaxInflatedBytes: 1 << 30, MaxEntries: 1000})
	if err != nil {
		t.Fatal(err)
	}
	program, err := starlark.Compiler{}.Compile(background, a)
	if err != nil {
		t.Fatal(err)
	}
	run, events := n.Row(ref), n.Events(ref)
	cfg := replay.Config{Program: program}
	for _, m := range a.Members() {
		if m.Type == run.Type {
			cfg.Member = m
		}
	}
	var turns []history.Turn
	n.Log.View(func(v fsm.View) { turns = v.Turns(run.RunID, 1, int(run.Turns)) })
	void := map[uint64]bool{}
	var reopened []history.Event
	for _, e := range events {
		if d, ok := e.Data.(*history.WorkflowReopened); ok {
			reopened = append(reopened, e)
			void[d.Turn] = true
		}
	}
	for at := range events {
		for _, known := range [][]history.Event{reopened, before(reopened, uint64(at)+1)} {
			m, err := replay.New(cfg, events[0], known...)
			if err != nil {
				t.Fatal(err)
			}
			cut(t, m, turns, events[:at+1], events, len(known) == len(reopened), void)
			m.Close()
		}
	}
}

func before(events []history.Event, seq uint64) []history.Event {
	for i, e := range events {
		if e.Seq > seq {
			return events[:i]
		}
	}
	return events
}

// cut replays the shown part of a history on m, and makes the next turn if that turn saw exactly
// this part.
func cut(t *testing.T, m *replay.Machine, turns []history.Turn, shown, all []history.Event, knows bool, void map[uint64]bool) {
	t.Helper()
	last := uint64(len(shown))
	end := func(turn history.Turn) uint64 { return max(turn.Through, turn.FirstSeq+turn.Count-1) }
	recorded := 0
	for recorded < len(turns) && end(turns[recorded]) <= last {
		recorded++
	}
	if err := m.Replay(background, turns[:recorded], shown); err != nil {
		t.Fatalf("cut after event %d: %v", last, err)
	}
	if recorded == len(turns) || turns[recorded].Through != last || knows && void[turns[recorded].N] {
		return
	}
	next := turns[recorded]
	if _, err := m.Next(background, shown[m.Seen():]); err != nil {
		t.Fatalf("cut after event %d: turn %d: %v", last, next.N, err)
	}
	if err := m.Recorded(next, all[next.FirstSeq-1:next.FirstSeq-1+next.Count]); err != nil {
		t.Fatalf("cut after event %d: turn %d: %v", last, next.N, err)
	}
}
