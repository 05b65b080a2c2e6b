package replay

import (
	"crypto/sha256"
	"encoding/binary"

	"aion.dev/aion/fsm/history"
)

// generator is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
// OOPSLA 2014). It is frozen, because recorded runs have drawn from it. Test vectors in
// docs/DETERMINISM.md and random_test.go hold it.
type generator struct{ state uint64 }

// generatorOf returns a run's generator: its state is the first 8 bytes, big-endian, of
// SHA-256("aion/random/1" NUL run id).
func generatorOf(id history.RunID) generator {
	sum := sha256.Sum256(append([]byte("aion/random/1\x00"), id[:]...))
	return generator{binary.BigEndian.Uint64(sum[:])}
}

func (g *generator) next() uint64 {
	g.state += 0x9e3779b97f4a7c15
	z := g.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
