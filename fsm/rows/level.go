package rows

import "aion.dev/aion/fsm/history"

// Level says since when the state is at its level. Meta has the level, too: a build that knows no
// levels does not open a state with one, nor restore its snapshot, because it reads Meta strictly.
type Level struct {
	Level uint64       `cbor:"1,keyasint"`
	Index uint64       `cbor:"2,keyasint"` // of the entry that raised it
	At    history.Time `cbor:"3,keyasint"`
}
