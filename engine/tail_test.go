package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/fsm"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// read is a log that is only read: all that a hub needs.
type read struct {
	Log
	state *fsm.State
}

func (r read) View(f func(fsm.View)) { r.state.View(f) }
func (r read) Wait(ctx context.Context, after uint64) (uint64, error) {
	return r.state.Wait(ctx, after)
}

// The reconciler's first round may see an older state than the one at which the tail begins.
// Without a notice for the changes in between, a version loaded then was not ready on this node for
// up to a minute.
func TestTheTailBeginsWithANotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state, err := fsm.Open(fsm.Config{Dir: "state", FS: vfs.NewMem()})
		if err != nil {
			t.Fatal(err)
		}
		defer state.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var noticed []string
		newHub(read{state: state}).tail(ctx, func(name string) { noticed = append(noticed, name) })
		if len(noticed) != 1 || noticed[0] != "" {
			t.Errorf("noticed %q", noticed)
		}
	})
}
