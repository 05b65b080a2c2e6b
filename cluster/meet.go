package cluster

import (
	"errors"
	"fmt"

	"aion.dev/aion/cluster/logstore"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

// LostEntries refuses to start: the log lacks entries that this node has acknowledged, so the node
// must neither vote nor accept new entries under its id.
//
// A majority may have counted on this node for them; with a shorter log it would help to elect a
// leader that has never seen them. The state would also skip the entries that replace them, because
// it believes that it has applied them. Raft cannot detect this: to raft the log simply ends there.
// A disk that loses the end of a file causes it, and so does a folder that was assembled from two
// backups.
type LostEntries struct {
	Node, Folder string
	Has          uint64 // the newest entry of the log, or of the newest snapshot
	Known        uint64 // the newest entry that this node certainly had
	Why          string // the evidence for Known
}

// Error implements error.
func (e *LostEntries) Error() string {
	return fmt.Sprintf("the log in %s has lost entries that this node has acknowledged: %s entry %d, but its log ends at %d. "+
		"Do not start it in this condition: put the missing files back, or start it with an empty data folder and another node.id, and then aion-node cluster remove %s. "+
		"If it is the only node, keep the folder: its state is the only copy", e.Folder, e.Why, e.Known, e.Has, e.Node)
}

// Gap refuses to start: entries between the state and the log are missing, and nothing can supply
// them.
type Gap struct {
	Node, Folder string
	Applied      uint64 // by the state, or the index of the newest snapshot if that is newer
	First        uint64 // of the log
}

// Error implements error.
func (e *Gap) Error() string {
	return fmt.Sprintf("the state in %s has applied entries up to %d, but its log begins at %d: what lies between is in no snapshot. "+
		"Put the missing files back, or start this node with an empty data folder and another node.id, and then aion-node cluster remove %s", e.Folder, e.Applied, e.First, e.Node)
}

// checkMeets refuses a log that does not continue where the state and the newest snapshot end. It
// runs before raft starts, after both were repaired as far as a crash can have damaged them. A
// crash cannot cause anything that is found here.
//
// An empty log without a snapshot is a different case; see enter.
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
