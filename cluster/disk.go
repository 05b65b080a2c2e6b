package cluster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/lifecycle"
)

// diskEvery is how often the free space is checked.
const diskEvery = time.Second

// keepDisk checks the disk until ctx ends.
func (c *Cluster) keepDisk(ctx context.Context) {
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, diskEvery) {
		c.checkDisk()
	}
}

func (c *Cluster) checkDisk() {
	room := c.cfg.Disk.Room
	if room == nil {
		if c.identity == nil { // in memory
			return
		}
		room = func() (free, size uint64, err error) { return folder.DiskRoom(c.cfg.DataDir) }
	}
	free, size, err := room()
	if err != nil || size == 0 {
		return
	}
	free = faults.Room(free)
	before := folder.DiskOK
	if p := c.disk.Load(); p != nil {
		before = p.Level
	}
	s := folder.JudgeDisk(c.cfg.Disk, free, size, before)
	c.disk.Store(&s)
	if c.reserve != nil {
		c.reserve.Look(s)
	}
	if s.Level == before {
		return
	}
	say := map[string]func(string, ...any){folder.DiskOK: c.log.Info, folder.DiskWarn: c.log.Warn, folder.DiskFull: c.log.Error}[s.Level]
	say("the disk of the data folder: "+map[string]string{
		folder.DiskOK: "there is room again", folder.DiskWarn: "it is filling up", folder.DiskFull: "no runs are started here, no schedule fires and nothing is deployed until there is room",
	}[s.Level], "folder", c.cfg.DataDir, "free", s.Free, "size", s.Size, "disk.warn_bytes", s.Warn, "disk.full_bytes", s.Full)
}

// Disk returns how much room the disk has. A node in memory knows nothing.
func (c *Cluster) Disk() folder.DiskState {
	if p := c.disk.Load(); p != nil {
		return *p
	}
	return folder.DiskState{Level: folder.DiskOK}
}

// fullDisk objects to leading while the disk is full, because new work goes to the leader.
func (c *Cluster) fullDisk() *objection {
	if c.Disk().Level != folder.DiskFull {
		return nil
	}
	return &objection{Why: "its disk is full", Yields: true}
}

// refuseGrowth refuses commands that begin something new while the disk is full. The error is
// retryable as long as another node may take leadership, and final once none can. Fires of
// schedules wait and are late then; a fire that only skips missed times begins nothing and passes.
// Runs under way continue, including their children.
func (c *Cluster) refuseGrowth(cmd fsm.Command) error {
	s := c.Disk()
	if s.Level != folder.DiskFull {
		return nil
	}
	switch cmd := cmd.(type) {
	case *fsm.FireSchedule:
		if len(cmd.Times) == 0 {
			return nil
		}
	case *fsm.Deploy:
		if !slices.ContainsFunc(cmd.Changes, func(c fsm.Change) bool { return c.Load != nil }) {
			return nil
		}
	case *fsm.StartRun, *fsm.LoadPackage, *fsm.StartPackage:
	default:
		return nil
	}
	full := &FullDisk{Node: c.id, Folder: c.cfg.DataDir, DiskState: s}
	if voters := c.voters(); !c.mustLead.Load() && (len(voters) > 1 || len(voters) == 1 && voters[0] != c.id) {
		// Retrying helps: either the next leader accepts the command, or it turns out that no node
		// can.
		return &engine.Unavailable{Why: fmt.Sprintf("node %s leads and its disk is full (%d bytes free, disk.full_bytes is %d): it hands leadership to a node that has room",
			c.id, s.Free, s.Full)}
	}
	return full
}

// FullDisk refuses a command because the leader's disk has no room for new work.
type FullDisk struct {
	Node, Folder string
	folder.DiskState
}

func (e *FullDisk) Error() string {
	return fmt.Sprintf("the disk of node %s has %d bytes free, fewer than disk.full_bytes (%d): no runs are started and nothing is deployed until there is room; "+
		"runs under way go on. Enlarge the disk, free space on it, or keep closed runs for a shorter time (retention)", e.Node, e.Free, e.Full)
}

// Code implements fsm.Refusal.
func (e *FullDisk) Code() string { return "resource_exhausted" }

// Facts implements fsm.Refusal.
func (e *FullDisk) Facts() map[string]any {
	return map[string]any{"node": e.Node, "free_bytes": e.Free, "limit": e.Full, "setting": "disk.full_bytes"}
}
