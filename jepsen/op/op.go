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
	Refused Outcome = "refused" // it did not happen, and the answer says why: the same for everybody
	Failed  Outcome = "failed"  // it did not happen, try again
	Unknown Outcome = "unknown" // it may have happened, or may still happen
)

// Op is one call: one line of a history.
type Op struct {
	ID       int             `json:"id"`      // in order of invocation, from 0
	Process  int             `json:"process"` // the logical caller: its calls do not overlap; after an unknown outcome it goes on under another number
	Workload string          `json:"workload"`
	F        string          `json:"f"`               // what was asked: "load", "route", "start", ...
	Key      string          `json:"key,omitempty"`   // of the object that it is about: histories are checked key by key
	Value    json.RawMessage `json:"value,omitempty"` // what was asked, in the workload's own words
	Request  string          `json:"request,omitempty"`
	Node     string          `json:"node"`   // that took the call
	Invoke   int64           `json:"invoke"` // nanoseconds since the run began
	Return   int64           `json:"return"` // likewise; of an Unknown one when the caller stopped waiting
	Outcome  Outcome         `json:"outcome"`
	Code     string          `json:"code,omitempty"`  // of an error
	Error    string          `json:"error,omitempty"` // for people
	Index    uint64          `json:"index,omitempty"` // log index that the answer names
	Answer   json.RawMessage `json:"answer,omitempty"`
	Repeat   bool            `json:"repeat,omitempty"`   // the same request id was sent before
	Replayed bool            `json:"replayed,omitempty"` // the cluster says that it knew the request id
}

// Latency is how long the caller waited.
func (o *Op) Latency() time.Duration { return time.Duration(o.Return - o.Invoke) }

// Classify tells what a caller may conclude from an error of the client. A call that never got an
// answer may have happened.
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

// fullDisk reports whether a call was refused because of the node that led just then, before the
// log: it did not happen, no history has it, and the next leader may take it.
func fullDisk(p *wire.Problem) bool {
	var setting string
	return p.Fact("setting", &setting) && setting == "disk.full_bytes"
}
