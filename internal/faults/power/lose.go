//go:build linux

package power

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Loss describes how the power fails.
type Loss struct {
	Seed uint64 // decides what the disk had written by itself
	// All: nothing that was not synced survives. Otherwise each file has lost everything, kept
	// everything, kept its first writes with the last one torn, or kept any of its sectors; each
	// folder has kept the first of its changes; each commit has kept any of the pages that bolt
	// does not sync in order.
	All bool
}

// Lost describes what was undone.
type Lost struct {
	Writes, Names, Commits int // that were not synced
	// how many of them were lost, at least in part; PagesOff counts pages of commits
	WritesLost, NamesLost, PagesOff int
}

func (l Lost) String() string {
	return fmt.Sprintf("%d of %d unsynced writes, %d of %d unsynced names, %d pages of %d commits", l.WritesLost, l.Writes, l.NamesLost, l.Names, l.PagesOff, l.Commits)
}

// Lose turns the files into what is on the disk after the power loss. Call it while no process has
// them open. dir is the folder of the Watch; root contains all watched files at any depth, and dir
// too. Afterwards the journal is gone, and the next Open begins a new one. If Lose itself is
// killed, it can be called again.
func Lose(dir, root string, how Loss) (Lost, error) {
	var lost Lost
	all, err := read(dir)
	if err != nil {
		return lost, err
	}
	r := rand.New(rand.NewPCG(how.Seed, 0x706f776572))
	open := unsynced(all)
	for _, file := range open.files {
		if err := file.lose(dir, how, r, &lost); err != nil {
			return lost, err
		}
	}
	for _, c := range open.commits {
		if err := c.lose(dir, how, r, &lost); err != nil {
			return lost, err
		}
	}
	if err := loseNames(dir, root, open.names, how, r, &lost); err != nil {
		return lost, err
	}
	// The journal goes first: without it, the kept files mean nothing.
	if err := os.Remove(filepath.Join(dir, journalFile)); err != nil && !os.IsNotExist(err) {
		return lost, err
	}
	return lost, os.RemoveAll(dir)
}

// pending is what was not synced, each part in the order of the journal.
type pending struct {
	files   []*content
	names   []record
	commits []*commitOf
}

func unsynced(all []record) pending {
	done, voided, files, commits := map[uint64]int64{}, map[int64]bool{}, map[uint64]*content{}, map[string]*commitOf{}
	upto := map[string]int64{}
	for _, r := range all {
		switch r.Do {
		case synced:
			done[r.File] = max(done[r.File], r.Upto)
		case committed:
			upto[r.Name] = max(upto[r.Name], r.Upto)
		case void:
			voided[r.Upto] = true
		}
	}
	var p pending
	for _, r := range all {
		switch {
		case voided[r.Seq]:
		case r.Do == write && r.Seq > done[r.File]:
			c := files[r.File]
			if c == nil {
				c = &content{file: r.File}
				files[r.File], p.files = c, append(p.files, c)
			}
			c.writes = append(c.writes, r)
		// the first copy has the content of the last sync
		case r.Do == commit && r.Seq > max(upto[r.Name], done[r.File]) && commits[r.Name] == nil:
			c := &commitOf{path: r.Name, kept: r.Kept}
			commits[r.Name], p.commits = c, append(p.commits, c)
		case (r.Do == create || r.Do == remove) && r.Seq > done[r.File], r.Do == rename && r.Seq > done[r.File] && r.Seq > done[r.Into]:
			p.names = append(p.names, r)
		}
	}
	return p
}
