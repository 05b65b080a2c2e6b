package fault

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// control is what a node of a binary with -tags aionfaults reads from its file: the JSON of
// internal/faults.Control. It is declared a second time, because the suite shares no code with what
// it tests.
type control struct {
	Offset time.Duration `json:"offset,omitempty"`
	Rate   float64       `json:"rate,omitempty"`
	Disk   disk          `json:"disk,omitzero"`
	Power  power         `json:"power,omitzero"`
	Room   uint64        `json:"room,omitempty"` // free bytes that its disk reports; 0 = the real number

	SnapshotEntries uint64        `json:"snapshot_entries,omitempty"`
	TrailingEntries uint64        `json:"trailing_entries,omitempty"`
	SnapshotEvery   time.Duration `json:"snapshot_every,omitempty"`
}

type disk struct {
	Area  string `json:"area,omitempty"`
	Fault string `json:"fault,omitempty"`
	After int    `json:"after,omitempty"`

	lost uint64 // the seed of what the power loss takes; 0 = nothing. The node reads it only at its next start
}

type power struct {
	Watch bool   `json:"watch,omitempty"`
	Lose  uint64 `json:"lose,omitempty"`
	All   bool   `json:"all,omitempty"`
}

var controls sync.Mutex // held while control files are read and written

// setControl changes the faults that a node suffers. Overlapping faults change different fields.
func setControl(n *nodes.Node, change func(*control)) error {
	controls.Lock()
	defer controls.Unlock()
	var c control
	b, err := os.ReadFile(n.Control())
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("%s: %w", n.Control(), err)
	}
	change(&c)
	if b, err = json.Marshal(c); err != nil {
		return err
	}
	if err := os.WriteFile(n.Control()+".new", b, 0o644); err != nil {
		return err
	}
	return os.Rename(n.Control()+".new", n.Control())
}
