package fsm

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// logs records a turn of a run that logs lines, under a bound.
func (w *world) logs(id string, most uint64, lines ...string) *TurnAnswer {
	w.t.Helper()
	w.do(&SignalRun{Run: RunRef{WorkflowID: id}, Name: "go", MaxWaiting: 10_000})
	c := w.turnOf(id)
	c.Logs, c.Limits.LogBytes = lines, most
	return w.do(c).(*TurnAnswer)
}

// logOf is what is kept of a run's log.
func (w *world) logOf(id string, from uint64, limit int) (text []string, logged uint64) {
	run := w.latest(id).RunID
	w.view(func(v View) {
		var lines []LogLine
		lines, logged = v.Logs(run, from, limit)
		for _, l := range lines {
			text = append(text, l.String())
		}
	})
	return text, logged
}

// TestRunLog: lines are kept in order with the turn that logged them, and read from any line on.
func TestRunLog(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("a", "order")
	w.logs("a", 1<<20, "one", "two")
	w.logs("a", 1<<20)
	w.logs("a", 1<<20, "", "vier\xff", "five")
	all := []string{"1 (turn 1): one", "2 (turn 1): two", "3 (turn 3): ", "4 (turn 3): vier\xff", "5 (turn 3): five"}
	for _, c := range []struct {
		from  uint64
		limit int
		want  []string
	}{{1, 10, all}, {2, 10, all[1:]}, {4, 10, all[3:]}, {2, 2, all[1:3]}, {5, 1, all[4:]}, {6, 10, nil}, {1, 5, all}} {
		if got, logged := w.logOf("a", c.from, c.limit); !slices.Equal(got, c.want) || logged != 5 {
			t.Errorf("from %d, %d lines: %q of %d, want %q", c.from, c.limit, got, logged, c.want)
		}
	}
	w.start("b", "order")
	w.logs("b", 0, "nobody keeps it")
	if got, logged := w.logOf("b", 1, 10); got != nil || logged != 0 {
		t.Errorf("without room %q of %d are kept", got, logged)
	}
	w.checkReplays()
}

// TestRunLogIsBounded: the oldest turns' lines go first, whatever was logged; a bound that was
// lowered is reached in a few turns; what a turn logs counts neither as history nor against its
// limit.
func TestRunLogIsBounded(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	run := w.start("a", "order")
	const most = 4 << 10
	kept := func() uint64 { return w.s.rows.get(run).Log.Bytes }
	for i := range 100 {
		w.logs("a", most, fmt.Sprint("turn ", i+1), strings.Repeat("x", i*7%500))
		if kept() > most {
			t.Fatalf("%d bytes are kept", kept())
		}
	}
	got, logged := w.logOf("a", 1, 1000)
	if logged != 200 || len(got) == 0 || !strings.HasPrefix(got[len(got)-2], "199 (turn 100): turn 100") {
		t.Errorf("of %d lines are kept %q", logged, got)
	}
	before := w.latest("a").Bytes
	c := w.turnOf("a", &history.TimerStarted{ID: 1, Duration: 1e9})
	w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "go", MaxWaiting: 10_000})
	c.Through++
	c.Logs, c.Limits = []string{strings.Repeat("y", 2<<10)}, rows.RunLimits{HistoryBytes: before + 1<<10, LogBytes: most}
	if a := w.do(c).(*TurnAnswer); a.Status != history.StatusRunning {
		t.Errorf("a turn that logs more than the history may grow leaves the run %s", a.Status)
	}
	for range 20 {
		w.logs("a", 300, "less")
	}
	if kept() > 300 {
		t.Errorf("%d bytes are kept under a lowered bound", kept())
	}
	w.logs("a", 100, strings.Repeat("z", 200))
	if got, logged := w.logOf("a", 1, 10); got != nil || logged != 222 {
		t.Errorf("a line larger than the bound leaves %q of %d", got, logged)
	}
	w.checkReplays()
}

// TestRunLogEndsWithTheRun: a turn that ends its run, by itself or because it passes a limit, is
// heard, and deleting the run deletes its log.
func TestRunLogEndsWithTheRun(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&SetRetention{Rule: rows.Retention{Age: history.Duration(time.Hour)}})
	for id, c := range map[string]*RecordTurn{
		"ends":   {Asked: []history.Event{{Data: &history.WorkflowCompleted{}}}},
		"passes": {Asked: []history.Event{{Data: &history.TimerStarted{ID: 1}}}, Limits: rows.RunLimits{Events: 1}},
	} {
		w.start(id, "order")
		c.RunID, c.N, c.Through, c.Logs, c.Limits.LogBytes = w.latest(id).RunID, 1, 1, []string{"bye"}, 1000
		w.do(c)
		if got, _ := w.logOf(id, 1, 10); w.latest(id).Status.Open() || !slices.Equal(got, []string{"1 (turn 1): bye"}) {
			t.Errorf("%s: %s with %q", id, w.latest(id).Status, got)
		}
	}
	w.start("long", "order")
	for i := range pointRows + 2 {
		w.logs("long", 1<<20, fmt.Sprint(i))
	}
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "long"}})
	w.now = w.now.Add(time.Hour)
	for range 3 {
		w.view(func(v View) { w.do(&PurgeRuns{Runs: v.ExpiredRuns(w.now, 10)}) })
	}
	stored := 0
	w.view(func(v View) {
		v.(*picture).Scan(rows.Key(rows.FamilyLog), rows.Key(rows.FamilyLog+1), func(_, _ []byte) bool { stored++; return true })
	})
	if stored > 0 {
		t.Errorf("%d blocks are left", stored)
	}
	w.checkReplays()
}

// TestDearestLog: turns that displace as many blocks as they can stay within what an entry may
// cost.
func TestDearestLog(t *testing.T) {
	w := newWorld(t)
	w.s.cfg.Check = nil
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	const runs, most = 60, 64 << 10
	for i := range runs {
		w.start(fmt.Sprint(i), "a")
	}
	for range most / (rows.BlockCost + 10) {
		var turns []Envelope
		for i := range runs {
			w.do(&SignalRun{Run: RunRef{WorkflowID: fmt.Sprint(i)}, Name: "go", MaxWaiting: 10_000})
			c := w.turnOf(fmt.Sprint(i))
			c.Logs, c.Limits.LogBytes = []string{"x"}, most
			turns = append(turns, Envelope{Command: c})
		}
		w.propose(turns...)
	}
	for i := range runs {
		w.do(&SignalRun{Run: RunRef{WorkflowID: fmt.Sprint(i)}, Name: "go", MaxWaiting: 10_000})
	}
	entry := entryOf(w, func(w *world) (list []Command) {
		for i := range runs {
			c := w.turnOf(fmt.Sprint(i))
			c.Logs, c.Limits.LogBytes = []string{strings.Repeat("x", most-rows.BlockCost-100)}, most
			list = append(list, c)
		}
		return list
	})
	if _, err := w.s.Apply(uint64(len(w.log))+1, entry); err != nil {
		t.Fatal(err)
	}
	if work := w.s.Work(); work > mostWork {
		t.Errorf("it costs %d units, %d are allowed", work, mostWork)
	}
}

// TestLogsAreWrittenLikeThis freezes the bytes of a turn that logs.
func TestLogsAreWrittenLikeThis(t *testing.T) {
	b, err := EncodeEnvelope(Envelope{Command: &RecordTurn{N: 1, Through: 1, Logs: []string{"a", ""}, Limits: rows.RunLimits{LogBytes: 5}}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "0800a501500000000000000000000000000000000002010301" + "07a4010002000300" + "0405" + "0b82616160"
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("written is %s, want %s", got, want)
	}
	e, err := DecodeEnvelope(b)
	if c, ok := e.Command.(*RecordTurn); err != nil || !ok || !slices.Equal(c.Logs, []string{"a", ""}) || c.Limits.LogBytes != 5 {
		t.Errorf("read is %+v, %v", e.Command, err)
	}
}
