package fsm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// Facts are what people want to know of a state as a whole, as its own rows have it.
type Facts struct {
	SnapshotHeader
	ClusterID string
	At        history.Time // log time of the newest entry
	Level     uint64
	Versions  uint64           // loaded
	Open      uint64           // runs
	Closed    uint64           // runs that are kept
	Archives  []catalog.Digest // that the loaded versions need, in order, each once
}

// FactsOf reads the facts of a snapshot.
func FactsOf(s *Snapshot) (f Facts, err error) {
	err = s.Read(func(r store.Reader) error {
		f, err = facts(r)
		return err
	})
	if err != nil {
		err = fmt.Errorf("facts of the snapshot: %w", err)
	}
	return f, err
}

// Facts reads the facts of the state as it is now.
func (s *State) Facts() (f Facts, err error) {
	p := s.pin()
	if p == nil {
		return f, ErrClosed
	}
	defer p.drop()
	if f, err = facts(p.snap.Reader); err != nil {
		err = fmt.Errorf("facts of the state: %w", err)
	}
	return f, err
}

func facts(r store.Reader) (f Facts, err error) {
	m, err := r.Meta()
	if err != nil {
		return f, err
	}
	f = Facts{SnapshotHeader: SnapshotHeader{Index: m.Index, Digest: m.Digest}, ClusterID: m.ClusterID, At: m.Now, Level: m.Level}
	err = store.Each(r, rows.FamilyPackage, func(_ []byte, p catalog.Package) {
		f.Versions++
		f.Archives = append(f.Archives, p.Blob)
	})
	if err != nil {
		return f, err
	}
	slices.SortFunc(f.Archives, func(a, b catalog.Digest) int { return bytes.Compare(a[:], b[:]) })
	f.Archives = slices.Compact(f.Archives)
	return f, r.Scan(rows.Key(rows.FamilyCount), rows.Key(rows.FamilyCount+1), func(k, v []byte) bool {
		if n, _ := binary.Uvarint(v); rows.CohortOf(k).Status.Open() {
			f.Open += n
		} else {
			f.Closed += n
		}
		return true
	})
}
