package solo

import (
	"aion.dev/aion/fsm"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// NewState opens an empty state in memory. The caller closes it. A paranoid state checks all
// invariants after every entry, which takes time that grows with the state.
func NewState(paranoid bool) (*fsm.State, error) {
	return fsm.Open(fsm.Config{Dir: "state", FS: vfs.NewMem(), Paranoid: paranoid})
}
