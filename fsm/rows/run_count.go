package rows

import (
	"bytes"
	"cmp"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Cohort is what runs are counted by.
type Cohort struct {
	Type    string
	Version catalog.Version
	Status  history.Status
}

// Key is the key of the number of runs of the cohort.
func (k Cohort) Key() []byte {
	return append(append(append(append(Key(FamilyCount), k.Type...), 0), k.Version[:]...), byte(k.Status))
}

// CohortOf reads a key back, from its end: what stands before is the type.
func CohortOf(k []byte) Cohort {
	n := len(k) - 1
	return Cohort{string(k[1 : n-32-1]), catalog.Version(k[n-32 : n]), history.Status(k[n])}
}

// Compare is the order of their keys.
func (k Cohort) Compare(other Cohort) int {
	return cmp.Or(strings.Compare(k.Type, other.Type), bytes.Compare(k.Version[:], other.Version[:]), cmp.Compare(k.Status, other.Status))
}
