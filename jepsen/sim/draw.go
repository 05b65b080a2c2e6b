package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The objects that clients use. There are few of each, so that commands meet.
var (
	types     = []string{"order", "refund", "ship"}
	ids       = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	queues    = []string{"default", "trucks"}
	works     = []string{"charge", "ship"}
	schedules = []string{"s1", "s2", "s3"}
	packages  = []catalog.Package{
		pack(0, 0, "order", "refund", "ship"), pack(1, 0, "order", "refund"), pack(2, 40*time.Second, "order"), pack(3, 0, "refund", "ship"), pack(4, 0, "ship"), pack(5, 0, "order", "ship"),
	}
)

func pack(n byte, timeout time.Duration, carried ...string) catalog.Package {
	sum := func(what string) [32]byte { return sha256.Sum256([]byte{what[0], n}) }
	p := catalog.Package{Version: sum("version"), Blob: sum("blob"), ManifestDigest: sum("manifest")}
	for _, typ := range carried {
		p.Members = append(p.Members, catalog.Member{Type: typ, EntryModule: typ, EntryFunction: "run", Timeout: int64(timeout)})
	}
	return p
}

func one[T any](rng *rand.Rand, of []T) T { return of[rng.IntN(len(of))] }
func odds(rng *rand.Rand, n int) bool     { return rng.IntN(n) == 0 }

// mint draws a run id. Sometimes it is one that was used before, but never that of a run that has
// continued, or was copied: once that one is purged the id is free again, and a second run of it
// would continue as the same next run, or be taken for what the copy began as. Engines mint each id
// once.
func (w *World) mint(rng *rand.Rand) history.RunID {
	w.minted++
	if odds(rng, 50) {
		id := minted(1 + rng.Uint64N(w.minted))
		if w.model.runs[history.DeriveRunID(id, "continue", 1)] == nil && !w.model.copied(id) {
			return id
		}
	}
	return minted(w.minted)
}

func minted(n uint64) (id history.RunID) {
	binary.BigEndian.PutUint64(id[:], 0x0190_0000_0000_7000+n)
	binary.BigEndian.PutUint64(id[8:], 0x8000_0000_0000_0000+n)
	return id
}

func version(rng *rand.Rand) string {
	v := one(rng, packages).Version.String()
	return v[:one(rng, []int{64, 64, 10, 6})]
}

func (w *World) expect(rng *rand.Rand) string {
	switch rng.IntN(8) {
	case 0:
		return catalog.None
	case 1, 2:
		return one(rng, packages).Version.String()
	}
	return ""
}

// ref addresses a run: usually the newest of a workflow id.
func (w *World) ref(rng *rand.Rand) fsm.RunRef {
	r := fsm.RunRef{WorkflowID: one(rng, ids)}
	if odds(rng, 6) && len(w.model.order) > 0 {
		if old := w.model.runs[one(rng, w.model.order)]; old != nil {
			r.WorkflowID, r.RunID = old.workflowID, old.id
		}
	}
	return r
}

// draw draws a client's command.
func (w *World) draw(rng *rand.Rand) fsm.Command {
	switch n := rng.IntN(100); {
	case n < 34:
		c := &fsm.StartRun{WorkflowID: one(rng, ids), RunID: w.mint(rng), Type: one(rng, types)}
		if odds(rng, 4) {
			c.Version = version(rng)
		}
		if odds(rng, 4) {
			c.Timeout = history.Duration(1+rng.IntN(30)) * 1e9
		}
		c.Options = w.drawOptions(rng)
		return c
	case n < 40:
		return w.drawUpdate(rng)
	case n < 56:
		return &fsm.SignalRun{Run: w.ref(rng), Name: "go", Payload: payload(rng), MaxWaiting: 6}
	case n < 60:
		return &fsm.CancelRun{Run: w.ref(rng)}
	case n < 65:
		return &fsm.TerminateRun{Run: w.ref(rng)}
	case n < 69:
		c := &fsm.PauseRun{Run: w.ref(rng), Still: true}
		if odds(rng, 3) { // as the engine does with a run whose code broke
			c.Quarantined, c.Turn = true, rng.Uint64N(3)
			if r := w.model.resolve(c.Run); r != nil && !odds(rng, 4) {
				c.Turn = r.turns
			}
		}
		return c
	case n < 74:
		return &fsm.ResumeRun{Run: w.ref(rng)}
	case n < 80:
		c := &fsm.LoadPackage{Package: one(rng, packages), Route: !odds(rng, 3)}
		c.Signatures = w.drawSignatures(c.Package.Version, rng)
		if odds(rng, 10) {
			c.Package.ManifestDigest[0] ^= 1
		}
		if ref := w.expect(rng); ref != "" {
			c.Expect = []catalog.Expect{{Type: one(rng, types), Ref: ref}}
		}
		return c
	case n < 85:
		return &fsm.RouteType{Type: one(rng, types), Version: version(rng), Expect: w.expect(rng)}
	case n < 87:
		return &fsm.UnrouteType{Type: one(rng, types), Expect: w.expect(rng)}
	case n < 90:
		return &fsm.RollbackType{Type: one(rng, types), Expect: w.expect(rng)}
	case n < 92:
		return w.drawDeployment(rng)
	case n < 96:
		return &fsm.UnloadVersion{Type: one(rng, types), Version: version(rng)}
	case n < 97:
		return &fsm.SetRetention{Rule: rows.Retention{Type: one(rng, append([]string{""}, types...)), Age: history.Duration(rng.IntN(4)) * 600e9}, Remove: odds(rng, 3)}
	}
	return w.drawSchedule(rng)
}

func payload(rng *rand.Rand) history.Payload { return fmt.Appendf(nil, "%d", rng.Uint32()) }

func (w *World) drawSchedule(rng *rand.Rand) fsm.Command {
	id := one(rng, schedules)
	switch rng.IntN(8) {
	case 0:
		return &fsm.DeleteSchedule{ID: id}
	case 1:
		return &fsm.PauseSchedule{ID: id}
	case 2:
		c := &fsm.ResumeSchedule{ID: id, Next: w.now.Add(time.Duration(1+rng.IntN(30)) * time.Second)}
		if s := w.model.schedules[id]; s != nil && !odds(rng, 4) {
			c.Revision = s.revision
		}
		return c
	}
	c := &fsm.PutSchedule{Schedule: rows.Schedule{
		ID: id, Type: one(rng, types), Every: history.Duration(1+rng.IntN(60)) * 1e9, Overlap: rows.Overlap(rng.IntN(4)),
		Next: w.now.Add(time.Duration(1+rng.IntN(30)) * time.Second),
	}, Replace: odds(rng, 3)}
	if w.model.level >= 4 && odds(rng, 2) {
		d := &c.Schedule
		d.Overlap, d.Fires, d.Jitter, d.PauseOnFailure = rows.Overlap(rng.IntN(5)), rng.Uint64N(5), history.Duration(rng.IntN(5))*1e9, odds(rng, 2)
	}
	if d := &c.Schedule; w.model.level >= 5 && id != schedules[0] && odds(rng, 2) {
		d.Overlap = one(rng, []rows.Overlap{rows.OverlapBufferOne, rows.OverlapBufferAll, rows.OverlapTerminatePrevious})
		d.Fires, d.Fills = rng.Uint64N(3), odds(rng, 2)
		if odds(rng, 3) {
			d.Also = []rows.Timing{{Every: history.Duration(1+rng.IntN(60)) * 1e9}}
		}
	}
	return inLayout(c)
}

// inLayout gives a schedule an input and its row a layout. s1 gets the first layout, which earlier
// builds wrote, until a fire moves it to the second. It draws nothing, so that old seeds keep their
// meaning.
func inLayout(c *fsm.PutSchedule) fsm.Command {
	c.Schedule.Input = fmt.Appendf(nil, "%d", c.Schedule.Next)
	if c.Schedule.Fills {
		c.Schedule.Input = fmt.Appendf(nil, `["%d {{fire_time}}","{{fire_time}}"]`, c.Schedule.Next)
	}
	c.Apart = c.Schedule.ID != schedules[0]
	return c
}

// fireApart sets, for a fire of s (nil: an unknown schedule), whether it moves the row to the
// second layout, and its cost.
func fireApart(c *fsm.FireSchedule, s *rows.Schedule) fsm.Command {
	c.Apart = c.ID != schedules[0] || s.Started%4 == 3
	c.Work = fsm.FireWork(s, c)
	return c
}
