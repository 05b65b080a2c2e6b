package workflow

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// RunInfo says which run it is, and how long.
type RunInfo struct {
	WorkflowID   string
	RunID        string
	WorkflowType string
	Version      string
	Attempt      int   // 1, and one more for each continuing or retry
	Parent       *Link // nil = it is no child
	Root         *Link // of the tree of children; itself, if it is no child

	HistoryEvents     int64 // as far as code has seen
	HistoryBytes      int64 // of payloads, and 64 for each event
	ContinueSuggested bool  // it is a good time to continue as new

	Schedule string    // that it is a run of; "" = of none
	FireTime time.Time // for which that fired
}

// Link names another run.
type Link struct{ WorkflowID, RunID string }

// Info returns what is known about the run.
func Info(ctx Context) RunInfo {
	scopeOf(ctx)
	var i RunInfo
	var parent, root Link
	r := record(read(roomInfo()))
	for f, rest, ok := r.next(); ok; f, rest, ok = rest.next() {
		switch f.number {
		case 1:
			i.WorkflowID = string(f.value)
		case 2:
			i.RunID = string(f.value)
		case 3:
			i.WorkflowType = string(f.value)
		case 4:
			i.Version = string(f.value)
		case 5:
			i.Attempt = int(f.int())
		case 6:
			i.Parent, parent.WorkflowID = &parent, string(f.value)
		case 7:
			i.Parent, parent.RunID = &parent, string(f.value)
		case 8:
			i.Root, root.WorkflowID = &root, string(f.value)
		case 9:
			i.Root, root.RunID = &root, string(f.value)
		case 10:
			i.HistoryEvents = f.int()
		case 11:
			i.HistoryBytes = f.int()
		case 12:
			i.ContinueSuggested = f.int() == 1
		case 13:
			i.Schedule = string(f.value)
		case 14:
			i.FireTime = time.Unix(0, f.int()).UTC()
		}
	}
	return i
}

// Now returns the time of the turn. time.Now returns the same.
func Now(ctx Context) time.Time {
	scopeOf(ctx)
	return time.Unix(0, roomNow()).UTC()
}

// Cancelled reports whether somebody has asked to cancel the run. If so, code knows of it: what is
// pending is ended, ctx is done, and what code starts later is not cancelled with it.
func Cancelled(ctx Context) bool {
	scopeOf(ctx)
	know := int32(1)
	if guest.reads != "" {
		know = 0
	}
	if roomCancelled(know) == 0 {
		return false
	}
	if know == 1 && !guest.known {
		guest.known = true
		guest.know()
	}
	return true
}

// source is the run's own generator.
type source struct{}

// Uint64 implements rand.Source.
func (source) Uint64() uint64 {
	ask()
	return uint64(roomRandom())
}

// Rand returns a generator whose numbers belong to the run: the same ones in every replay, others
// in every run. The functions of math/rand itself give the same numbers in every run.
func Rand(ctx Context) *rand.Rand {
	scopeOf(ctx)
	return rand.New(source{})
}

// Random returns a number in [0, 1) of the run's own generator.
func Random(ctx Context) float64 {
	scopeOf(ctx)
	return float64(source{}.Uint64()>>11) / (1 << 53)
}

// UUID returns a UUID (version 4) made by the run's own generator.
func UUID(ctx Context) string {
	scopeOf(ctx)
	hi, lo := source{}.Uint64(), source{}.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
}

// Log writes a line into the run's log, once, however often the run is replayed. Package log and
// what is written to standard output get there too, with one entry for each write.
func Log(ctx Context, message string) {
	scopeOf(ctx)
	roomLog(pointer([]byte(message)), int32(len(message)))
}

// Logf is Log with a text formatted as by fmt.Sprintf.
func Logf(ctx Context, format string, args ...any) { Log(ctx, fmt.Sprintf(format, args...)) }
