package crowd

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestEveryonePasses, in the order in which they came, and in groups.
func TestEveryonePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const crowd = 10*Group + 3
		var ts Gate
		var passed atomic.Int64
		var all sync.WaitGroup
		for range crowd {
			all.Go(func() {
				ts.Pass()
				passed.Add(1)
			})
		}
		all.Wait()
		if passed.Load() != crowd || ts.group != 0 || ts.line != nil {
			t.Errorf("%d of %d passed, %d are on their way, %d stand in line", passed.Load(), crowd, ts.group, len(ts.line))
		}
	})
}

// TestACrowdLiesDown: of those who may run at once, no more than a group and who came before the
// crowd have work to do; the others only lie down.
func TestACrowdLiesDown(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that who may run waits for who does
	synctest.Test(t, func(t *testing.T) {
		const crowd = 20 * Group
		var ts Gate
		wake := make(chan struct{})
		var all sync.WaitGroup
		var worked int // one processor: by one goroutine at a time
		var behind int // how many had worked before the one that came last ran
		for range crowd {
			all.Go(func() {
				<-wake
				ts.Pass()
				worked++
			})
		}
		synctest.Wait()
		close(wake)
		all.Go(func() { // stands behind all of them
			for range 3 {
				runtime.Gosched()
			}
			behind = worked
		})
		all.Wait()
		if worked != crowd || behind > 8*Group {
			t.Errorf("%d of %d had worked when another one got its third turn", behind, crowd)
		}
	})
}
