package engine

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/crowd"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestACrowdOfWaitsLetsOthersRun: when thousands of waits end in the same moment, what the node
// does besides, such as a commit, does not stand behind all of them at each step.
func TestACrowdOfWaitsLetsOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that who may run waits for who does
	synctest.Test(t, func(t *testing.T) {
		state, err := fsm.Open(fsm.Config{Dir: "state", FS: vfs.NewMem()})
		if err != nil {
			t.Fatal(err)
		}
		defer state.Close()
		h := newHub(read{state: state})
		const waits = 20 * crowd.Group
		began := time.Now()
		late, behind := 0, 0 // on one processor, so by one goroutine at a time
		var all sync.WaitGroup
		for range waits {
			all.Go(func() {
				h.await(t.Context(), 30*time.Second, history.RunID{1}, func(fsm.View) bool {
					if time.Since(began) > 0 {
						late++
					}
					return true
				})
			})
		}
		synctest.Wait()
		all.Go(func() {
			time.Sleep(30 * time.Second)
			for range 3 {
				runtime.Gosched()
			}
			behind = late
		})
		all.Wait()
		if late != waits || behind > 8*crowd.Group {
			t.Errorf("%d of %d waits had ended when another goroutine got its third turn", behind, late)
		}
	})
}
