package replay

import (
	"testing"

	"aion.dev/aion/fsm/history"
)

// The generator is frozen, because runs have drawn from it. The first row is the published vector
// of SplitMix64 for the seed 1234567.
func TestGeneratorIsFrozen(t *testing.T) {
	for _, c := range []struct {
		name string
		g    generator
		want []uint64
	}{
		{"published", generator{1234567}, []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821}},
		{"run 0", generatorOf(history.RunID{}), []uint64{13234664828144053342, 17167202171689257525, 8419557495480908400}},
		{"run 7", generatorOf(history.RunID{7}), []uint64{928056554959555875, 398359372334493834, 1178841070422862257}},
	} {
		for i, want := range c.want {
			if got := c.g.next(); got != want {
				t.Errorf("%s: draw %d is %d, want %d", c.name, i+1, got, want)
			}
		}
	}
}
