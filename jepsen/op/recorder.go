package op

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"aion.dev/aion/transport/wire"
)

// Recorder records the operations of one run, in memory and, line by line, in a file. Its methods
// may be called by any goroutine.
type Recorder struct {
	began time.Time

	mu   sync.Mutex // guards the fields below
	ops  []Op
	next int // the next process number
	file *bufio.Writer
	own  io.Closer
	err  error
}

// Record begins a history in a new file of JSON lines, which are written as operations return.
func Record(path string) (*Recorder, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &Recorder{began: time.Now(), file: bufio.NewWriterSize(f, 1<<16), own: f}, nil
}

// Began returns when the run began: times in histories count from here.
func (r *Recorder) Began() time.Time { return r.began }

// Since returns the time of the run, in nanoseconds.
func (r *Recorder) Since() int64 { return int64(time.Since(r.began)) }

// Process returns a new number for a logical caller.
func (r *Recorder) Process() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return r.next - 1
}

// Do makes a call and records it: o describes the request; call makes it and fills in Index, Answer
// and what else it learns.
func (r *Recorder) Do(o Op, call func(o *Op) error) Op {
	r.mu.Lock()
	o.ID = len(r.ops)
	o.Invoke = r.Since()
	o.Outcome, o.Return = Unknown, 1<<62 // what remains if the suite dies here
	r.ops = append(r.ops, o)
	r.mu.Unlock()

	err := call(&o)
	o.Return = r.Since()
	o.Outcome, o.Code = Classify(err)
	if err != nil {
		o.Error = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops[o.ID] = o
	r.write(o)
	return o
}

// write writes a line. The caller holds mu.
func (r *Recorder) write(o Op) {
	b, err := json.Marshal(o)
	if err == nil {
		_, err = r.file.Write(append(b, '\n'))
	}
	if r.err == nil {
		r.err = err
	}
}

// Ops returns a copy of the history, in order of invocation.
func (r *Recorder) Ops() []Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Op(nil), r.ops...)
}

// Len is the number of operations so far.
func (r *Recorder) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ops)
}

// Close completes the file. Calls still in flight are recorded as unknown.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.ops {
		if o.Return == 1<<62 {
			r.write(o)
		}
	}
	if err := r.file.Flush(); r.err == nil {
		r.err = err
	}
	if err := r.own.Close(); r.err == nil {
		r.err = err
	}
	return r.err
}

// Read reads a history, compressed or not.
func Read(path string) ([]Op, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var ops []Op
	d := json.NewDecoder(bufio.NewReader(f))
	for {
		var o Op
		if err := d.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: operation %d: %w", path, len(ops), err)
		}
		ops = append(ops, o)
	}
	return ops, nil
}

// Answered fills o from the common part of an answer.
func (o *Op) Answered(a wire.Answered) { o.Index, o.Replayed = a.Index, a.Deduplicated }
