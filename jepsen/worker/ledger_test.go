package worker

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// What was written completely is read, whoever else writes, and whatever a killed process left in
// between.
func TestLedgerSurvivesTornLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	if lines, err := ReadLedger(path); err != nil || len(lines) != 0 {
		t.Fatalf("a ledger that is not there: %v, %v", lines, err)
	}
	var writers sync.WaitGroup
	for range 3 {
		l, err := openLedger(path, "w1")
		if err != nil {
			t.Fatal(err)
		}
		defer l.file.Close()
		writers.Go(func() {
			for i := range 50 {
				if err := l.write(Line{E: Took, Run: "r", Attempt: uint32(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	torn, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer torn.Close()
	if _, err := torn.WriteString("\n{\"e\":\"took\",\"run\":\"torn"); err != nil {
		t.Fatal(err)
	}
	writers.Wait()
	l, err := openLedger(path, "w2")
	if err != nil {
		t.Fatal(err)
	}
	defer l.file.Close()
	if err := l.write(Line{E: Effect, Run: "last"}); err != nil {
		t.Fatal(err)
	}
	lines, err := ReadLedger(path)
	if err != nil || len(lines) != 151 {
		t.Fatalf("%d lines, %v; want 151", len(lines), err)
	}
	if last := lines[150]; last.Run != "last" || last.Worker != "w2" || last.At == 0 || last.Pid != os.Getpid() {
		t.Errorf("the last line is %+v", last)
	}
}

func TestOrderByAttempt(t *testing.T) {
	o := Order{Plan: []string{Fail, Late, Do}}
	for i, want := range []string{Fail, Late, Do, Do} {
		if got := o.Of(uint32(i + 1)); got != want {
			t.Errorf("attempt %d does %s, want %s", i+1, got, want)
		}
	}
	if got := (Order{}).Of(7); got != Do {
		t.Errorf("without a plan: %s", got)
	}
	if !(Progress{2, 1}).Newer(Progress{1, 9}) || (Progress{1, 2}).Newer(Progress{1, 2}) {
		t.Error("Newer")
	}
}
