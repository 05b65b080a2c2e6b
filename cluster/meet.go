package cluster

import (
	"errors"
	"fmt"

	"aion.dev/aion/cluster/logstore"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

// A LostEntries refusal: the log lacks entries that this node has acknowledged, so it must neither
// vote nor take new entries under its id.
//
// A majority may have counted on this node for them; with a shorter log it would help elect a
// leader that has never seen them. And the state passes over the entries that come in their place,
// because it takes them for the ones that it has applied. Raft cannot tell: to it the log ends
// where it ends. A disk that loses the end of a file does this, and so does a folder that was put
// together from two backups.
type LostEntries struct {
	Node, Folder string
	Has          uint64 // the newest entry of the log, or of the newest snapshot
	Known        uint64 // the newest entry that this node had for certain
	Why          string // how that is known
}

// Error implements error.
func (e *LostEntries) Error() string {
	return fmt.Sprintf("the log in %s has lost entries that this node has acknowledged: %s entry %d, but its log ends at %d. "+
		"Do not start it like this on any account: put the missing files back, or start it with an empty data folder and another node.id, and then aion-node cluster remove %s. "+
		"If it is the only node, keep the folder: its state is the only copy", e.Folder, e.Why, e.Known, e.Has, e.Node)
}

// A Gap refusal: between the state and the log entries are missing that nobody fills.
type Gap struct {
	Node, Folder string
	Applied      uint64 // by the state or, where it is newer, the index of the newest snapshot
	First        uint64 // of the log
}

// Error implements error.
func (e *Gap) Error() string {
	return fmt.Sprintf("the state in %s has applied entries up to %d, but its log begins at %d: what lies between is in no snapshot. "+
		"Put the missing files back, or start this node with an empty data folder and another node.id, and then aion-node cluster remove %s", e.Folder, e.Applied, e.First, e.Node)
}

// checkMeets refuses a log that does not go on where the state and the newest snapshot end. It runs
// before raft starts, after both were mended as far as a crash can have broken them: whatever is
// found here, no crash has done.
//
// An empty log without a snapshot is another matter; see enter.
func checkMeets(applied uint64, s *logstore.Stores, node, folder string) error {
	first, err := s.Log.FirstIndex()
	if err != nil {
		return err
	}
	last, err := s.Log.LastIndex()
	if err != nil {
		return err
	}
	list, err := s.Snapshots.List()
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	covered := uint64(0)
	if len(list) > 0 {
		covered = list[0].Index
	}
	if last == 0 && covered == 0 {
		return nil
	}
	committed, err := s.Stable.GetUint64(commitIndexKey)
	if err != nil && !errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return fmt.Errorf("read the commit index: %w", err)
	}
	has := max(last, covered)
	switch begins := max(applied, covered); {
	case applied > has:
		return &LostEntries{Node: node, Folder: folder, Has: has, Known: applied, Why: "the state has applied"}
	case committed > has:
		return &LostEntries{Node: node, Folder: folder, Has: has, Known: committed, Why: "this node knew to be committed"}
	case last > 0 && first > begins+1:
		return &Gap{Node: node, Folder: folder, Applied: begins, First: first}
	}
	return nil
}
