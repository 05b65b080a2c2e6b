package op

import (
	"encoding/json"
	"errors"
	"time"

	"aion.dev/aion/transport/wire"
)

// Outcome is what a caller may conclude from an answer.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"      // it happened
	Refused Outcome = "refused" // it did not happen, and the answer says why; every node would refuse it
	Failed  Outcome = "failed"  // it did not happen, try again
	Unknown Outcome = "unknown" // it may have happened, or may still happen
)

// Op is one call, which is one line of a recorded history.
type Op struct {
	ID int `json:"id"` // in order of invocation, from 0
	// the logical caller: its calls do not overlap; after an unknown outcome it continues under
	// another number
	Process  int             `json:"process"`
	Workload string          `json:"workload"`
	F        string          `json:"f"`               // what was asked: "load", "route", "start", ...
	Key      string          `json:"key,omitempty"`   // the object of the call: histories are checked key by key
	Value    json.RawMessage `json:"value,omitempty"` // what was asked, in the workload's format
	Request  string          `json:"request,omitempty"`
	Node     string          `json:"node"`   // that took the call
	Invoke   int64           `json:"invoke"` // nanoseconds since the run began
	Return   int64           `json:"return"` // likewise; for Unknown, when the caller stopped waiting
	Outcome  Outcome         `json:"outcome"`
	Code     string          `json:"code,omitempty"`  // of an error
	Error    string          `json:"error,omitempty"` // for people
	Index    uint64          `json:"index,omitempty"` // log index in the answer
	Answer   json.RawMessage `json:"answer,omitempty"`
	Repeat   bool            `json:"repeat,omitempty"`   // the same request id was sent before
	Replayed bool            `json:"replayed,omitempty"` // the cluster reports that it knew the request id
}

// Latency returns how long the caller waited.
func (o *Op) Latency() time.Duration { return time.Duration(o.Return - o.Invoke) }

// Classify returns what a caller may conclude from an error of the client. A call without an answer
// may have happened.
func Classify(err error) (Outcome, string) {
	if err == nil {
		return OK, ""
	}
	var p *wire.Problem
	if !errors.As(err, &p) {
		return Unknown, ""
	}
	switch p.Outcome {
	case wire.Rejected:
		if fullDisk(p) {
			return Failed, p.Code
		}
		return Refused, p.Code
	case wire.Retry:
		return Failed, p.Code
	}
	return Unknown, p.Code
}

// fullDisk reports whether the leader refused a call because of its own disk. That happens before
// the log: the call did not happen, no history has it, and the next leader may accept it.
func fullDisk(p *wire.Problem) bool {
	var setting string
	return p.Fact("setting", &setting) && setting == "disk.full_bytes"
}
