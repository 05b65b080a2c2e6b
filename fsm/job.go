package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// A job is what a command has decided and left undone, because doing all of it would have made its
// entry too long. The state holds it, so it outlives every leader: whoever leads proposes Continue
// for as long as there is a job, and each of these entries does a bounded piece.
//
// The jobs in this file end what closed runs leave behind: their timers, activities and children.
// The runs wait in line, in the order in which they were closed. A child that is terminated on the
// way gets in line itself, so a tree is closed level by level. Those of run_stop_job.go pause and
// resume runs.

// begin makes a job for what the end of r leaves behind.
func (t *step) beginJob(r *row) *rows.Job {
	t.meta.Job++
	t.meta.Jobs++
	return &rows.Job{ID: t.meta.Job, Kind: rows.JobCloseTree, WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Since: t.now, Index: t.index}
}

// wait puts a closed run in line.
func (t *step) wait(j *rows.Job, r *row) {
	t.Put(rows.LineKey(j.ID, j.End), r.Run.RunID[:])
	j.End++
	r.Job = j.ID
	t.touch(r)
}

// waiting returns the first run in line.
func (t *step) waiting(j *rows.Job) *row {
	b := t.Get(rows.LineKey(j.ID, j.First))
	if b == nil {
		return nil // the disk failed, and the entry is dropped
	}
	return t.run(history.RunID(b))
}

// leave takes the first run, which has nothing left behind, out of the line.
func (t *step) leave(j *rows.Job, r *row) {
	t.Del(rows.LineKey(j.ID, j.First))
	j.First++
	r.Job = 0
	t.touch(r)
}

// storeJob stores a job, or forgets it when nobody is in line any more.
func (t *step) storeJob(j *rows.Job) {
	if j.Waiting() > 0 {
		t.Put(rows.JobKey(j.ID), rows.Encoded(j))
		return
	}
	t.Del(rows.JobKey(j.ID))
	t.meta.Jobs--
}

func (t *step) job(id uint64) *rows.Job {
	if t.meta.Jobs == 0 {
		return nil
	}
	j := new(rows.Job)
	if !t.Read(rows.JobKey(id), j) {
		return nil
	}
	return j
}

// Jobs implements View.
func (p *picture) Jobs(after uint64, limit int) (jobs []rows.Job) {
	if p.meta.Jobs == 0 {
		return nil
	}
	p.Scan(rows.JobKey(after+1), rows.Key(rows.FamilyJob+1), func(_, b []byte) bool {
		var j rows.Job
		if !p.row(b, &j) {
			return false
		}
		if p.shows(nameOfJob(&j)) {
			jobs = append(jobs, j)
		}
		return len(jobs) < pageSize(limit)
	})
	return jobs
}

// nameOfJob is a name of the namespace that a job is of.
func nameOfJob(j *rows.Job) string {
	if j.Kind == rows.JobCloseTree {
		return j.WorkflowID
	}
	return namespace.Qualify(j.Space, "")
}

// Started implements View.
func (p *picture) Started() uint64 { return p.meta.Serial }

// JobCount implements View.
func (p *picture) JobCount() uint64 { return p.meta.Jobs }

// waits reports whether a closed run waits for a job, so that it cannot be deleted yet.
func (p *picture) waits(serial uint64) bool {
	r := p.runAt(serial)
	return r != nil && r.Job != 0
}
