package cluster

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestBarriersAreShared: readers that come while a barrier is under way wait for the next one, all
// for the same.
func TestBarriersAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b barriers
		sent, flying, most := 0, 0, 0
		var mu sync.Mutex
		barrier := func() error {
			mu.Lock()
			sent++
			flying++
			most = max(most, flying)
			mu.Unlock()
			<-time.After(10 * time.Millisecond)
			mu.Lock()
			flying--
			mu.Unlock()
			return nil
		}
		read := func() {
			mu.Lock()
			before := sent
			mu.Unlock()
			r, mine := b.join()
			if mine {
				go b.send(r, barrier)
			}
			<-r.done
			mu.Lock()
			defer mu.Unlock()
			if sent == before {
				t.Error("a read was answered by a barrier sent before it asked")
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
			t.Errorf("101 readers sent %d barriers, at most %d at a time; want 2, 1", sent, most)
		}
		<-time.After(time.Second)
		all.Go(read)
		all.Wait()
		if sent != 3 {
			t.Errorf("a later reader sent %d barriers, want its own", sent-2)
		}
	})
}
