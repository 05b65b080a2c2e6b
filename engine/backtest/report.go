package backtest

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Status says how a backtest stands.
type Status string

// Statuses.
const (
	Running   Status = "running"
	Completed Status = "completed"
	Stopped   Status = "stopped" // somebody stopped it
	Failed    Status = "failed"  // it cannot go on; Report.Why says why
)

// Report is how far a backtest has come.
type Report struct {
	Status   Status
	Why      string
	Index    uint64 // of the view from which it reads
	Done     uint64 // runs with a verdict
	Total    uint64 // runs that it takes; until all are found, at most so many
	Counted  map[Verdict]uint64
	LeftOff  uint64 // results that were not kept
	Results  []Result
	Next     int // number of the first result after Results
	More     bool
	Began    time.Time
	Finished time.Time // zero while it runs
	Repeated bool      // the answer to a call that began it before
}

// What one backtest keeps of its results. Every verdict is counted; those that are not kept are
// counted, too. Runs that are the same, or moved, leave room for the others.
const (
	maxResults     = 10_000
	maxSame        = 1_000
	maxResultBytes = 4 << 20
)

// Book collects the results of a backtest, or of a move.
type Book struct {
	mu     sync.Mutex // guards the fields below
	report Report     // without Results
	kept   []Result
	bytes  int
	same   int
	over   chan struct{} // closed when the backtest has ended
}

// NewBook makes an empty one; atMost is how many results there may be.
func NewBook(index, atMost uint64, began time.Time) *Book {
	return &Book{report: Report{Status: Running, Index: index, Total: atMost, Counted: map[Verdict]uint64{}, Began: began}, over: make(chan struct{})}
}

// Add counts a verdict, and keeps it if there is room.
func (b *Book) Add(r Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.report.Done++
	b.report.Total = max(b.report.Total, b.report.Done)
	b.report.Counted[r.Verdict]++
	size := 200 + len(r.WorkflowID) + len(r.Recorded) + len(r.Asked) + len(r.Where) + len(r.Why)
	if len(b.kept) >= maxResults || b.bytes+size > maxResultBytes || (r.Verdict == Same || r.Verdict == Moved) && b.same >= maxSame {
		b.report.LeftOff++
		return
	}
	if r.Verdict == Same || r.Verdict == Moved {
		b.same++
	}
	b.kept, b.bytes = append(b.kept, r), b.bytes+size
}

// Found notes how many runs there are to take.
func (b *Book) Found(total uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.report.Total = total
}

// end notes how the work ended; the first end counts.
func (b *Book) end(status Status, why string, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.report.Status != Running {
		return
	}
	b.report.Status, b.report.Why, b.report.Finished = status, why, at
	close(b.over)
}

// ErrStopped is the cause with which a caller stops the work.
var ErrStopped = errors.New("it was stopped")

// EndAs notes how the work ended: with err, with the end of ctx, or because it was done.
func (b *Book) EndAs(ctx context.Context, err error) {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	switch {
	case err == nil:
		b.end(Completed, "", time.Now())
	case errors.Is(err, ErrStopped):
		b.end(Stopped, "", time.Now())
	case errors.Is(err, context.Canceled):
		b.end(Failed, "this node is shutting down", time.Now())
	default:
		b.end(Failed, err.Error(), time.Now())
	}
}

// Over is closed when the work has ended.
func (b *Book) Over() <-chan struct{} { return b.over }

// Read returns how the work stands, with at most limit results from number from on.
func (b *Book) Read(from, limit int) Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.report
	r.Counted = map[Verdict]uint64{Same: r.Counted[Same], Diverged: r.Counted[Diverged], Differed: r.Counted[Differed], Skipped: r.Counted[Skipped], Moved: r.Counted[Moved]}
	from = min(max(from, 0), len(b.kept))
	r.Next = min(from+limit, len(b.kept))
	r.Results = append([]Result(nil), b.kept[from:r.Next]...)
	r.More = r.Next < len(b.kept) || r.Status == Running
	return r
}
