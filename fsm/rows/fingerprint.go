package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Fingerprint stands for a set of open runs and how far each has come: the sum, modulo 2^128, of a
// hash of each. Two equal ones are of the same runs at the same turns.
type Fingerprint struct {
	Runs uint64 `cbor:"1,keyasint,omitempty"`
	High uint64 `cbor:"2,keyasint,omitempty"`
	Low  uint64 `cbor:"3,keyasint,omitempty"`
}

// FingerprintOf is that of one run that has so many turns and was reopened so often.
func FingerprintOf(id history.RunID, turns, reopened uint64) Fingerprint {
	b := make([]byte, 0, 32)
	b = AppendU64(AppendU64(append(b, id[:]...), turns), reopened)
	sum := sha256.Sum256(b)
	return Fingerprint{Runs: 1, High: binary.BigEndian.Uint64(sum[:]), Low: binary.BigEndian.Uint64(sum[8:])}
}

// Plus is the fingerprint of both sets together.
func (f Fingerprint) Plus(o Fingerprint) Fingerprint {
	low, carry := bits.Add64(f.Low, o.Low, 0)
	high, _ := bits.Add64(f.High, o.High, carry)
	return Fingerprint{f.Runs + o.Runs, high, low}
}

// Minus is the fingerprint without those of o.
func (f Fingerprint) Minus(o Fingerprint) Fingerprint {
	low, borrow := bits.Sub64(f.Low, o.Low, 0)
	high, _ := bits.Sub64(f.High, o.High, borrow)
	return Fingerprint{f.Runs - o.Runs, high, low}
}

// Encode is the value of its row: 24 bytes.
func (f Fingerprint) Encode() []byte {
	return AppendU64(AppendU64(AppendU64(make([]byte, 0, 24), f.Runs), f.High), f.Low)
}

// DecodeFingerprint is the reverse of Encode.
func DecodeFingerprint(b []byte) Fingerprint {
	return Fingerprint{U64(b), U64(b[8:]), U64(b[16:])}
}

// FingerprintPrefix is the prefix of the keys of a type.
func FingerprintPrefix(typ string) []byte {
	return append(append(Key(FamilyFingerprint), typ...), 0)
}

// FingerprintKey is the key of the open runs of a type on a version.
func FingerprintKey(typ string, v catalog.Version) []byte {
	return append(FingerprintPrefix(typ), v[:]...)
}

// FingerprintsDone is the value of the row without a type, which says which runs are among the
// fingerprints: those whose serial is above Until, and those up to Done.
type FingerprintsDone struct{ Until, Done uint64 }

// Encode is the value of the row: 16 bytes.
func (d FingerprintsDone) Encode() []byte {
	return AppendU64(AppendU64(make([]byte, 0, 16), d.Until), d.Done)
}

// DecodeFingerprintsDone is the reverse of Encode.
func DecodeFingerprintsDone(b []byte) FingerprintsDone { return FingerprintsDone{U64(b), U64(b[8:])} }

// Have reports whether the run with a serial is among the fingerprints, if it is open.
func (d FingerprintsDone) Have(serial uint64) bool { return serial > d.Until || serial <= d.Done }

// All reports whether all runs are.
func (d FingerprintsDone) All() bool { return d.Done >= d.Until }
