package main

import (
	"fmt"
	"io"

	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
)

// rebuiltFile is what a state says that was built from a backup.
type rebuiltFile struct {
	Checksum string `json:"checksum"` // SHA-256 of all rows
}

// rebuildState builds the state of a backup in a folder, compares it with the header, and recounts
// it.
func rebuildState(dir string, h backup.Header, r io.Reader) (_ *rebuiltFile, err error) {
	s, err := fsm.Open(fsm.Config{Dir: dir, Fatal: func(err error) { panic(err) }})
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	if err := s.Restore(r); err != nil {
		return nil, err
	}
	f, err := s.Facts()
	if err != nil {
		return nil, err
	}
	if f.Index != h.Index || f.Digest.String() != h.Digest || f.Level != h.Level || f.Versions != h.Versions || f.Open != h.OpenRuns || f.Closed != h.ClosedRuns || f.ClusterID != h.ClusterID && f.ClusterID != "" {
		return nil, fmt.Errorf("the state is another one than the header says: index %d, digest %s, cluster %s, %d versions, %d open and %d closed runs", f.Index, f.Digest, f.ClusterID, f.Versions, f.Open, f.Closed)
	}
	if err := audit.Check(s); err != nil {
		return nil, fmt.Errorf("the recount of the state: %w", err)
	}
	sum, err := s.Checksum()
	return &rebuiltFile{sum.String()}, err
}
