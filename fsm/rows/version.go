package rows

import (
	"fmt"

	"aion.dev/aion/fsm/history"
)

// VersionState is what a version is to one of its types.
type VersionState uint8

// The states. A version that was a canary once counts as routed once.
const (
	VersionStaged   VersionState = 1 // the type was never routed to it, whatever pins it
	VersionCanary   VersionState = 2 // a share of the type's starts goes to it
	VersionRouted   VersionState = 3 // the type is routed to it
	VersionDraining VersionState = 4 // it was routed; something pins it, or another type is routed to it
	VersionDrained  VersionState = 5 // it was routed; no type is routed to it and nothing pins it
)

var versionStates = [...]string{
	VersionStaged: "staged", VersionCanary: "canary", VersionRouted: "routed", VersionDraining: "draining", VersionDrained: "drained",
}

// String is the name that users see.
func (s VersionState) String() string {
	if s < VersionStaged || int(s) >= len(versionStates) {
		return fmt.Sprintf("state %d", uint8(s))
	}
	return versionStates[s]
}

// VersionFacts is what the state remembers of a loaded version beside the package, from level 1 on.
type VersionFacts struct {
	Members []MemberFacts `cbor:"1,keyasint"` // in the order of the package's members

	// Of the entry since which no type is routed to it and nothing pins it, although something was
	// or did; 0 = that is not so.
	Drained   uint64       `cbor:"2,keyasint,omitempty"`
	DrainedAt history.Time `cbor:"3,keyasint,omitempty"`

	Asked *UnloadAsked `cbor:"4,keyasint,omitempty"` // it is unloaded in the entry that drains it
}

// MemberFacts is what a version is to one of its types.
type MemberFacts struct {
	State  VersionState `cbor:"1,keyasint"`
	Routed bool         `cbor:"2,keyasint,omitempty"` // the type was routed to it, or it was a canary, at some time
	Index  uint64       `cbor:"3,keyasint"`           // since when it is in this state
	At     history.Time `cbor:"4,keyasint"`
}

// UnloadAsked is who asked that a version be unloaded once it is drained.
type UnloadAsked struct {
	Actor     string       `cbor:"1,keyasint,omitempty"`
	RequestID string       `cbor:"2,keyasint,omitempty"`
	Message   string       `cbor:"3,keyasint,omitempty"`
	Index     uint64       `cbor:"4,keyasint"`
	At        history.Time `cbor:"5,keyasint"`
}

// Live reports whether new runs of any type start on it.
func (f *VersionFacts) Live() bool {
	for i := range f.Members {
		if s := f.Members[i].State; s == VersionRouted || s == VersionCanary {
			return true
		}
	}
	return false
}

// Used reports whether any type was routed to it at some time.
func (f *VersionFacts) Used() bool {
	for i := range f.Members {
		if f.Members[i].Routed {
			return true
		}
	}
	return false
}

// VersionRetention says which drained versions are unloaded.
type VersionRetention struct {
	Keep   uint64           `cbor:"1,keyasint,omitempty"` // of each type the newest so many that are loaded stay
	MinAge history.Duration `cbor:"2,keyasint,omitempty"` // a version stays for so long after it was drained
}
