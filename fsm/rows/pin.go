package rows

import (
	"fmt"

	"aion.dev/aion/catalog"
)

// PinKind is a reason why a version cannot be unloaded. Every open run pins its version under
// exactly one kind.
type PinKind uint8

// The kinds, in the order in which holders are reported.
const (
	PinInFlightStart  PinKind = 1 // acknowledged, no turn recorded yet
	PinLiveRun        PinKind = 2 // running, at least one turn recorded
	PinRecoverableRun PinKind = 3 // paused or quarantined
	PinRecordedChild  PinKind = 4 // a child that has recorded no turn yet
)

// PinCounts counts open runs by kind, exactly.
type PinCounts struct {
	InFlightStart  uint64 `cbor:"1,keyasint,omitempty" json:"in_flight_start"`
	LiveRun        uint64 `cbor:"2,keyasint,omitempty" json:"live_run"`
	RecoverableRun uint64 `cbor:"3,keyasint,omitempty" json:"recoverable_run"`
	RecordedChild  uint64 `cbor:"4,keyasint,omitempty" json:"recorded_child"`
}

// Total is the number of open runs.
func (c PinCounts) Total() uint64 {
	return c.InFlightStart + c.LiveRun + c.RecoverableRun + c.RecordedChild
}

var pinNames = [...]string{PinInFlightStart: "in_flight_start", PinLiveRun: "live_run", PinRecoverableRun: "recoverable_run", PinRecordedChild: "recorded_child"}

// String is the name that users see.
func (k PinKind) String() string { return pinNames[k] }

// MarshalText writes the name.
func (k PinKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ParsePinKind reads a name that users write.
func ParsePinKind(name string) (PinKind, error) {
	for k, n := range pinNames {
		if n == name && n != "" {
			return PinKind(k), nil
		}
	}
	return 0, fmt.Errorf("pin kind %s is not one of in_flight_start, live_run, recoverable_run, recorded_child", catalog.Quote(name))
}

// UnmarshalText is the reverse of MarshalText.
func (k *PinKind) UnmarshalText(b []byte) (err error) {
	*k, err = ParsePinKind(string(b))
	return err
}

// Of returns the count of one kind.
func (c *PinCounts) Of(k PinKind) *uint64 {
	return [...]*uint64{nil, &c.InFlightStart, &c.LiveRun, &c.RecoverableRun, &c.RecordedChild}[k]
}

// PinKey is the key of a pin. Its number only grows, so holders of a kind are in the order in which
// they took it.
func PinKey(v catalog.Version, k PinKind, number uint64) []byte {
	return AppendU64(append(VersionKey(FamilyPin, v), byte(k)), number)
}
