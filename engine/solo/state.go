package solo

import (
	"aion.dev/aion/fsm"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// NewState opens an empty state in memory, at the newest level. The caller closes it. With a check,
// such as audit.Check, it is checked after every entry, which takes time that grows with the state.
func NewState(check func(*fsm.State) error) (*fsm.State, error) {
	return fsm.Open(fsm.Config{Dir: "state", FS: vfs.NewMem(), Check: check, Level: fsm.NewestLevel})
}
