package logstore

import (
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/raft"
)

// slow is a log on a disk that writes one batch for each value sent to done: nil, or why it could
// not.
type slow struct {
	*raft.InmemStore
	done   chan error
	writes int
}

func (s *slow) StoreLogs(logs []*raft.Log) error {
	s.writes++
	if err := <-s.done; err != nil {
		return err
	}
	return s.InmemStore.StoreLogs(logs)
}

func command(index uint64) *raft.Log {
	return &raft.Log{Index: index, Term: 1, Type: raft.LogCommand, Data: []byte{byte(index)}}
}

// TestParallelIsReadableBeforeItIsDurable: raft reads and sends what a leader stored at once, and
// Durable says how far the disk is. What came meanwhile is one write.
func TestParallelIsReadableBeforeItIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slow{InmemStore: raft.NewInmemStore(), done: make(chan error)}
		p := NewParallel(disk, func() bool { return true })
		for i := uint64(1); i <= 3; i++ {
			if err := p.StoreLog(command(i)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the first is being written, the others wait for it
		}
		check := func(durable, onDisk uint64) {
			t.Helper()
			synctest.Wait()
			last, err := p.LastIndex()
			if err != nil || last != 3 || p.Durable() != durable {
				t.Errorf("last %d, %v, durable %d; want 3 and %d", last, err, p.Durable(), durable)
			}
			if n, _ := disk.LastIndex(); n != onDisk {
				t.Errorf("%d entries are on the disk, want %d", n, onDisk)
			}
			for i := uint64(1); i <= 3; i++ {
				var l raft.Log
				if err := p.GetLog(i, &l); err != nil || l.Index != i || l.Data[0] != byte(i) {
					t.Errorf("entry %d: %+v, %v", i, l, err)
				}
			}
		}
		check(0, 0)
		var awaited atomic.Uint64
		for i := uint64(1); i <= 3; i++ {
			go func() {
				if err := p.Await(i); err != nil {
					t.Error(err)
				}
				awaited.Add(1)
			}()
		}
		disk.done <- nil
		check(1, 1)
		if n := awaited.Load(); n != 1 {
			t.Errorf("%d of three waits have ended, want the one for the first entry", n)
		}
		disk.done <- nil
		check(math.MaxUint64, 3)
		if n := awaited.Load(); n != 3 || disk.writes != 2 {
			t.Errorf("%d waits ended after %d writes, want 3 and 2", n, disk.writes)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestParallelOfAFollower: what it acknowledges is on its disk, as are raft's own entries and large
// ones of a leader, and before them everything that was sent earlier.
func TestParallelOfAFollower(t *testing.T) {
	leads := true
	for name, log := range map[string]*raft.Log{
		"a follower's": command(2), "a term's": {Index: 2, Type: raft.LogNoop}, "a configuration": {Index: 2, Type: raft.LogConfiguration}, "a barrier": {Index: 2, Type: raft.LogBarrier},
		"a large one": {Index: 2, Type: raft.LogCommand, Data: make([]byte, maxParallelBytes+1)},
	} {
		synctest.Test(t, func(t *testing.T) {
			disk := &slow{InmemStore: raft.NewInmemStore(), done: make(chan error)}
			leads = true
			p := NewParallel(disk, func() bool { return leads })
			if err := p.StoreLog(command(1)); err != nil {
				t.Fatal(err)
			}
			leads = name != "a follower's"
			stored := make(chan error, 1)
			go func() { stored <- p.StoreLog(log) }()
			disk.done <- nil
			synctest.Wait()
			if len(stored) > 0 || p.Durable() != math.MaxUint64 {
				t.Errorf("%s counts as stored before it is written; durable %d", name, p.Durable())
			}
			disk.done <- nil
			if err := <-stored; err != nil {
				t.Error(err)
			}
			if last, _ := disk.LastIndex(); last != 2 {
				t.Errorf("%s: the disk ends at %d", name, last)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestParallelCutsWhatIsWritten: a new leader cuts what this one had sent in vain. What is still
// being written is not written after the cut.
func TestParallelCutsWhatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slow{InmemStore: raft.NewInmemStore(), done: make(chan error)}
		p := NewParallel(disk, func() bool { return true })
		if err := p.StoreLogs([]*raft.Log{command(1), command(2), command(3)}); err != nil {
			t.Fatal(err)
		}
		cut := make(chan error, 1)
		go func() { cut <- p.DeleteRange(2, 3) }()
		synctest.Wait()
		if len(cut) > 0 {
			t.Error("entries were cut before they were written")
		}
		disk.done <- nil
		if err := <-cut; err != nil {
			t.Error(err)
		}
		if last, err := p.LastIndex(); err != nil || last != 1 {
			t.Errorf("the log ends at %d, %v, want 1", last, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestParallelOnADiskThatFails: nobody is told that an entry is written, and nothing follows it.
func TestParallelOnADiskThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slow{InmemStore: raft.NewInmemStore(), done: make(chan error)}
		p := NewParallel(disk, func() bool { return true })
		if err := p.StoreLog(command(1)); err != nil {
			t.Fatal(err)
		}
		disk.done <- errors.New("input/output error")
		synctest.Wait()
		for name, err := range map[string]error{
			"wait": p.Await(1), "store": p.StoreLog(command(2)), "cut": p.DeleteRange(1, 1), "store of a term": p.StoreLog(&raft.Log{Index: 2, Type: raft.LogNoop}),
		} {
			if err == nil || err.Error() != "input/output error" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if p.Durable() != 0 || disk.writes != 1 {
			t.Errorf("durable %d after %d writes, want 0 and 1", p.Durable(), disk.writes)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}
