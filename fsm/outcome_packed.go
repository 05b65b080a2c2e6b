package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
)

// The answers that fill the request table are packed: a start's in 66 bytes instead of 94. Every
// other outcome is written as encodeOutcome does. A packed one is its number, what has a fixed
// length, then the workflow id: 1 and the 16 bytes of a UUID, or 0 and the text.
const (
	packedStart = 16 // run id, version
	packedRun   = 17 // run id, status with packedAlready
)

// packedAlready is set in the status of a RunAnswer that is Already.
const packedAlready = 0x80

const (
	idText = 0
	idUUID = 1
)

// packOutcome writes the answer or the refusal of r.
func packOutcome(r Result) []byte {
	switch a := r.Answer.(type) {
	case *StartAnswer:
		if a.Outcome != OutcomeStarted || !a.Terminated.IsZero() || a.BeginsAt != 0 {
			break
		}
		b := append(append(make([]byte, 0, 80), packedStart), a.RunID[:]...)
		return packID(append(b, a.Version[:]...), a.WorkflowID)
	case *RunAnswer:
		b := append(append(make([]byte, 0, 80), packedRun), a.RunID[:]...)
		status := byte(a.Status)
		if a.Already {
			status |= packedAlready
		}
		return packID(append(b, status), a.WorkflowID)
	}
	return encodeOutcome(r)
}

func packID(b []byte, id string) []byte {
	if uuid, ok := history.SpeltRunID(id); ok {
		return append(append(b, idUUID), uuid[:]...)
	}
	return append(append(b, idText), id...)
}

// unpackOutcome is the reverse of packOutcome.
func unpackOutcome(b []byte) (r Result, err error) {
	cut := func(into []byte) {
		if len(b) < len(into) {
			err = fmt.Errorf("packed outcome is cut off")
			return
		}
		b = b[copy(into, b):]
	}
	var kind, form [1]byte
	if len(b) == 0 || b[0] != packedStart && b[0] != packedRun {
		return decodeOutcome(b)
	}
	cut(kind[:])
	start, run, status := new(StartAnswer), new(RunAnswer), [1]byte{}
	id := &start.WorkflowID
	if kind[0] == packedStart {
		cut(start.RunID[:])
		cut(start.Version[:])
		r.Answer = start
	} else {
		cut(run.RunID[:])
		cut(status[:])
		run.Status, run.Already, id = history.Status(status[0]&^packedAlready), status[0]&packedAlready != 0, &run.WorkflowID
		r.Answer = run
	}
	cut(form[:])
	if *id = string(b); form[0] == idUUID {
		var uuid history.RunID
		cut(uuid[:])
		*id = uuid.String()
	}
	return r, err
}
