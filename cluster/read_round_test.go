package cluster

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestRoundsAreShared: readers that come while a round is in flight wait for the next one, all for
// the same one.
func TestRoundsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s rounds
		sent, flying, most := 0, 0, 0
		var mu sync.Mutex
		ask := func() (uint64, error) {
			mu.Lock()
			sent++
			flying++
			most = max(most, flying)
			mu.Unlock()
			<-time.After(10 * time.Millisecond)
			mu.Lock()
			flying--
			mu.Unlock()
			return 7, nil
		}
		read := func() {
			mu.Lock()
			before := sent
			mu.Unlock()
			r, mine := s.join()
			if mine {
				go s.run(r, ask)
			}
			<-r.done
			if r.index != 7 {
				t.Error("a reader was not told what the round found")
			}
			mu.Lock()
			defer mu.Unlock()
			if sent == before {
				t.Error("a read was answered by a round sent before it asked")
			}
		}
		var all sync.WaitGroup
		all.Go(read)
		synctest.Wait()
		for range 100 {
			all.Go(read)
		}
		all.Wait()
		if sent != 2 || most != 1 {
			t.Errorf("101 readers sent %d rounds, at most %d at a time; want 2, 1", sent, most)
		}
		<-time.After(time.Second)
		all.Go(read)
		all.Wait()
		if sent != 3 {
			t.Errorf("a later reader sent %d rounds, want its own", sent-2)
		}
	})
}
