package fsm

import "aion.dev/aion/fsm/history"

// A job is what a command has decided and left undone, because doing all of it would have made its
// entry too long. The state holds it, so it outlives every leader: whoever leads proposes Continue
// for as long as there is a job, and each of these entries does a bounded piece.
//
// The only kind so far ends what closed runs leave behind: their timers, activities and children.
// The runs wait in line, in the order in which they were closed. A child that is terminated on the
// way gets in line itself, so a tree is closed level by level.

// JobKind is what a job does.
type JobKind uint8

// The kinds of jobs. Numbers are never reused.
const JobCloseTree JobKind = 1

var jobNames = [...]string{JobCloseTree: "close_tree"}

// String is the name that users see.
func (k JobKind) String() string {
	if int(k) < len(jobNames) {
		return jobNames[k]
	}
	return "unknown"
}

// Job is the row of one job.
type Job struct {
	ID         uint64        `cbor:"1,keyasint"` // 1, 2, 3... in order of beginning
	Kind       JobKind       `cbor:"2,keyasint"`
	WorkflowID string        `cbor:"3,keyasint"` // of the run whose end began it
	RunID      history.RunID `cbor:"4,keyasint"`
	Since      history.Time  `cbor:"5,keyasint"`
	Index      uint64        `cbor:"6,keyasint"`           // log index at which it began
	First      uint64        `cbor:"7,keyasint,omitempty"` // the cursor: place of the first run in line
	End        uint64        `cbor:"8,keyasint,omitempty"` // place after the last
	Closed     uint64        `cbor:"9,keyasint,omitempty"` // runs that it has closed so far
}

// Waiting is how many closed runs are in line. Runs below them that are still open are not counted:
// nobody knows them yet.
func (j *Job) Waiting() uint64 { return j.End - j.First }

func jobKey(id uint64) []byte         { return numberKey(keyJob, id) }
func lineKey(id, place uint64) []byte { return pairKey(keyLine, id, place) }

// begin makes a job for what the end of r leaves behind.
func (t *step) beginJob(r *row) *Job {
	t.meta.Job++
	t.meta.Jobs++
	return &Job{ID: t.meta.Job, Kind: JobCloseTree, WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Since: t.now, Index: t.index}
}

// wait puts a closed run in line.
func (t *step) wait(j *Job, r *row) {
	t.put(lineKey(j.ID, j.End), r.Run.RunID[:])
	j.End++
	r.Job = j.ID
	t.touch(r)
}

// waiting returns the first run in line.
func (t *step) waiting(j *Job) *row {
	b := t.get(lineKey(j.ID, j.First))
	if b == nil {
		return nil // the disk failed, and the entry is dropped
	}
	return t.run(history.RunID(b))
}

// leave takes the first run, which has nothing left behind, out of the line.
func (t *step) leave(j *Job, r *row) {
	t.del(lineKey(j.ID, j.First))
	j.First++
	r.Job = 0
	t.touch(r)
}

// storeJob stores a job, or forgets it when nobody is in line any more.
func (t *step) storeJob(j *Job) {
	if j.Waiting() > 0 {
		t.put(jobKey(j.ID), encoded(j))
		return
	}
	t.del(jobKey(j.ID))
	t.meta.Jobs--
}

func (t *step) job(id uint64) *Job {
	if t.meta.Jobs == 0 {
		return nil
	}
	j := new(Job)
	if !t.read(jobKey(id), j) {
		return nil
	}
	return j
}

// Jobs implements View.
func (p *picture) Jobs(after uint64, limit int) (jobs []Job) {
	if p.meta.Jobs == 0 {
		return nil
	}
	p.scan(jobKey(after+1), key(keyJob+1), func(_, b []byte) bool {
		var j Job
		if !p.row(b, &j) {
			return false
		}
		jobs = append(jobs, j)
		return len(jobs) < pageSize(limit)
	})
	return jobs
}

// JobCount implements View.
func (p *picture) JobCount() uint64 { return p.meta.Jobs }

// waits tells whether a closed run waits for a job, so that it cannot be deleted yet.
func (p *picture) waits(serial uint64) bool {
	r := p.runAt(serial)
	return r != nil && r.Job != 0
}
