package worker

// What an attempt does.
const (
	Do     = "do"     // works, beats, and completes
	Fail   = "fail"   // works, beats, and fails; it may be tried again
	Fatal  = "fatal"  // fails with kind "fatal"
	Late   = "late"   // is silent, and completes after its lease may be over
	Drop   = "drop"   // does nothing at all: it takes the task and forgets it
	Return = "return" // gives the task back undone
	Linger = "linger" // beats until it hears that nobody waits for it
)

// Order is the input of an activity: what its attempts do.
type Order struct {
	Plan []string `json:"plan"` // by attempt; the last one holds for all further ones. None = Do
	Work int      `json:"work"` // milliseconds of work
	Beat int      `json:"beat"` // milliseconds between heartbeats; 0 = none
	Tag  string   `json:"tag,omitempty"`
}

// Of says what an attempt does, from 1.
func (o Order) Of(attempt uint32) string {
	if len(o.Plan) == 0 {
		return Do
	}
	return o.Plan[min(int(attempt), len(o.Plan))-1]
}

// Output is what a completed attempt returns: it names itself, so that a recorded outcome tells
// whose it is.
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

// Newer reports whether p was said after q, by a later attempt or a later beat of the same one.
func (p Progress) Newer(q Progress) bool {
	return p.Attempt > q.Attempt || p.Attempt == q.Attempt && p.Beat > q.Beat
}
