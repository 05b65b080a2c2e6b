package worker

// What an attempt may do.
const (
	Do     = "do"     // works, sends heartbeats, and completes
	Fail   = "fail"   // works, sends heartbeats, and fails; it may be retried
	Fatal  = "fatal"  // fails with kind "fatal"
	Late   = "late"   // is silent, and completes after its lease may be over
	Drop   = "drop"   // does nothing: it receives the task and forgets it
	Return = "return" // returns the task undone
	Linger = "linger" // sends heartbeats until it hears that nobody waits for it
)

// Order is the input of an activity: what its attempts do.
type Order struct {
	Plan []string `json:"plan"` // by attempt; the last one applies to all further ones. None = Do
	Work int      `json:"work"` // milliseconds of work
	Beat int      `json:"beat"` // milliseconds between heartbeats; 0 = none
	Tag  string   `json:"tag,omitempty"`
}

// Of returns what an attempt does; attempts count from 1.
func (o Order) Of(attempt uint32) string {
	if len(o.Plan) == 0 {
		return Do
	}
	return o.Plan[min(int(attempt), len(o.Plan))-1]
}

// Output is what a completed attempt returns: it names the attempt, so that a recorded outcome
// identifies it.
type Output struct {
	Run     string `json:"run"`
	Step    uint64 `json:"step"`
	Attempt uint32 `json:"attempt"`
	Tag     string `json:"tag,omitempty"`
	Worker  string `json:"worker"`
	Pid     int    `json:"pid"`
}

// Progress is the details of a heartbeat.
type Progress struct {
	Attempt uint32 `json:"attempt"`
	Beat    int    `json:"beat"` // from 1
}

// Newer reports whether p was sent after q, by a later attempt or as a later heartbeat of the same
// one.
func (p Progress) Newer(q Progress) bool {
	return p.Attempt > q.Attempt || p.Attempt == q.Attempt && p.Beat > q.Beat
}
