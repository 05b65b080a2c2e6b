package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"github.com/hashicorp/raft"
)

// changeLog changes the log of a node that is stopped.
func changeLog(t *testing.T, p *process, kind string, change func(log raft.LogStore, last uint64) error) {
	t.Helper()
	s, err := logstore.Open(logstore.Config{Dir: filepath.Join(p.data, "raft"), LogStore: kind, Fatal: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	last, err := s.Log.LastIndex()
	if err == nil {
		err = change(s.Log, last)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestEndingAtAnUnknownCommand: an entry that this build does not know is committed, as during an
// upgrade. Every node that reaches it stops there, at each start, and says which entry it is; none
// passes over it. Nothing else is lost meanwhile.
func TestEndingAtAnUnknownCommand(t *testing.T) {
	t.Parallel()
	f := startTrio(t)
	f.serves(t, "a", "before", "1")
	for _, name := range f.order {
		if err := f.stop(name); err != nil {
			t.Fatal(err)
		}
	}
	var ends, at uint64 // of the longest log, whose last entry is the others', too, after the next election
	for _, name := range f.order {
		changeLog(t, f.nodes[name], logstore.WAL, func(_ raft.LogStore, last uint64) error { ends = max(ends, last); return nil })
	}
	for _, name := range f.order {
		changeLog(t, f.nodes[name], logstore.WAL, func(log raft.LogStore, last uint64) error {
			if last < ends {
				return nil // it gets the entry from a leader
			}
			var newest raft.Log
			if err := log.GetLog(last, &newest); err != nil {
				return err
			}
			at = last + 1
			b := fsm.EntryOf(history.Time(1), [][]byte{{200, 0, 0xa0}})
			return log.StoreLog(&raft.Log{Index: at, Term: newest.Term, Type: raft.LogCommand, Data: b})
		})
	}
	want := []string{fmt.Sprintf("entry %d of the log cannot be applied", at), "command kind 200"}
	for _, format := range []string{"text", "json"} {
		over := make(chan *ending, len(f.order))
		var all []*ending
		for _, name := range f.order {
			e := runToItsEnd(t, f, name, format)
			all = append(all, e)
			go func() {
				e.ended <- <-e.ended
				over <- e
			}()
		}
		for range 2 { // a majority; the third may not learn any more that the entry is committed
			select {
			case e := <-over:
				e.checkEnd(format, exitRefused, want...)
			case <-time.After(patient):
				t.Fatalf("%s: nobody ends", format)
			}
		}
		for _, e := range all {
			_ = e.cmd.Process.Kill()
		}
		<-over
	}
}

// TestEndingAtAGapInTheLog: an entry in the middle of the log is missing.
func TestEndingAtAGapInTheLog(t *testing.T) {
	t.Parallel()
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	t.Cleanup(f.killAll)
	if err := errors.Join(f.start("a", "--raft-log-store", "bolt"), f.ready("a")); err != nil {
		t.Fatal(err)
	}
	f.deploy(t)
	for i := range 5 {
		f.serves(t, "a", fmt.Sprint("run-", i), "1")
	}
	if err := f.stop("a"); err != nil {
		t.Fatal(err)
	}
	putBack := f.keep(t, "a")
	for _, state := range []bool{true, false} { // whether it has applied the entry
		putBack()
		var gone uint64
		changeLog(t, f.nodes["a"], logstore.Bolt, func(log raft.LogStore, last uint64) error {
			gone = last - 3
			return log.DeleteRange(gone, gone)
		})
		if !state {
			remove(t, filepath.Join(f.nodes["a"].data, "state"))
		}
		runToItsEnd(t, f, "a", "text").checkEnd("text", exitRefused, fmt.Sprintf("entry %d is missing in the middle of the log", gone), "empty data folder and another node.id")
	}
	putBack()
	if err := errors.Join(f.start("a"), f.ready("a")); err != nil {
		t.Fatal(err)
	}
}
