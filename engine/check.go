package engine

import (
	"encoding/json"
	"unicode/utf8"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// What is checked here needs no state: it is refused before the log and not remembered under a
// request id.

func checkType(field, typ string) error {
	if typ == "" || len(typ) > catalog.MaxNameLength {
		return invalid(field, "has %d bytes; a workflow type has 1 to %d", len(typ), catalog.MaxNameLength)
	}
	return checkCharacters(field, typ)
}

// checkCharacters refuses a name with characters that no name has.
func checkCharacters(field, name string) error {
	if flaw := history.NameFlaw(name); flaw != "" {
		return invalid(field, "%s", flaw)
	}
	return nil
}

// checkRef bounds how a run is addressed. An id that no run can have is simply not found.
func checkRef(ref fsm.RunRef) error {
	if err := history.CheckWorkflowID(ref.WorkflowID); err != nil {
		return invalid("workflow_id", "%v", err)
	}
	return nil
}

// checkName bounds names of signals and queries.
func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxSignalName {
		return invalid("name", "has %d characters; 1 to %d are allowed", n, MaxSignalName)
	}
	return checkCharacters("name", name)
}

// checkLabel bounds names of queues and workers, and kinds of failures, that are to be recorded.
func checkLabel(field, name string) error {
	if err := checkKnown(field, name); err != nil {
		return err
	}
	return checkCharacters(field, name)
}

// checkKnown bounds a name that workflow code may have given: it may have any characters.
func checkKnown(field, name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxLabel || !utf8.ValidString(name) {
		return invalid(field, "has %d characters; 1 to %d of UTF-8 are allowed", n, MaxLabel)
	}
	return nil
}

// checkPayload refuses what is not one JSON value, saying where it breaks, is too large, or is more
// than workflow code takes.
func (e *Engine) checkPayload(field string, p history.Payload) error {
	if len(p) > e.limits.PayloadBytes {
		return invalid(field, "has %d bytes, the limit is %d", len(p), e.limits.PayloadBytes)
	}
	if len(p) == 0 {
		return nil
	}
	if !utf8.Valid(p) {
		return invalid(field, "is no JSON: it is no UTF-8")
	}
	if !json.Valid(p) {
		var v any
		return invalid(field, "is no JSON: %v", json.Unmarshal(p, &v))
	}
	if at := history.HalfPair(p); at >= 0 {
		return invalid(field, "has half of a surrogate pair, %s, at byte %d", p[at:at+6], at+1)
	}
	if reason := beyondCode(p); reason != "" {
		return invalid(field, "%s", reason)
	}
	return nil
}
