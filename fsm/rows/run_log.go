package rows

import "aion.dev/aion/fsm/history"

// LogBlock is what one turn logged.
type LogBlock struct {
	Turn  uint64       `cbor:"1,keyasint"`
	At    history.Time `cbor:"2,keyasint"`
	Lines []string     `cbor:"3,keyasint"`
}

// LogUse is what a run's blocks amount to.
type LogUse struct {
	Lines  uint64 `cbor:"1,keyasint"` // logged so far, dropped ones too
	Bytes  uint64 `cbor:"2,keyasint"` // kept, of blocks as they are stored and BlockCost for each
	Blocks uint64 `cbor:"3,keyasint"` // kept
}

// BlockCost is what a block counts beside its own bytes: so the bound also bounds their number.
const BlockCost = 64

// LogKey is the key of the block whose last line is the one with number last.
func LogKey(serial, last uint64) []byte { return PairKey(FamilyLog, serial, last) }
