package engine

import (
	"encoding/json"
	"unicode/utf8"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
)

// The checks in this file need no state: they refuse before the log, and nothing is remembered
// under the request id.

func checkType(field, typ string) error {
	if typ = namespace.Bare(typ); typ == "" || len(typ) > catalog.MaxNameLength {
		return invalid(field, "has %d bytes; a workflow type has 1 to %d", len(typ), catalog.MaxNameLength)
	}
	return checkCharacters(field, typ)
}

// checkCharacters rejects a name with characters that no name may have.
func checkCharacters(field, name string) error {
	if flaw := history.NameFlaw(name); flaw != "" {
		return invalid(field, "%s", flaw)
	}
	return nil
}

// checkRef bounds the reference to a run. An id that no run can have is simply not found.
func checkRef(ref fsm.RunRef) error {
	if err := history.CheckWorkflowID(namespace.Bare(ref.WorkflowID)); err != nil {
		return invalid("workflow_id", "%v", err)
	}
	return nil
}

// checkName bounds the names of signals and queries.
func checkName(name string) error { return checkNameOf("name", name) }

func checkNameOf(field, name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxSignalName {
		return invalid(field, "has %d characters; 1 to %d are allowed", n, MaxSignalName)
	}
	return checkCharacters(field, name)
}

// checkLabel bounds the names of queues and workers, and kinds of failures, before they are
// recorded.
func checkLabel(field, name string) error {
	name = namespace.Bare(name)
	if err := checkKnown(field, name); err != nil {
		return err
	}
	return checkCharacters(field, name)
}

// checkKnown bounds a name that workflow code may have chosen, so any characters are allowed.
func checkKnown(field, name string) error {
	name = namespace.Bare(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxLabel || !utf8.ValidString(name) {
		return invalid(field, "has %d characters; 1 to %d of UTF-8 are allowed", n, MaxLabel)
	}
	return nil
}

// checkPayload rejects a payload that is not one JSON value (the error says where it breaks), that
// is too large, or that workflow code cannot handle.
func (e *Engine) checkPayload(field string, p history.Payload) error {
	if len(p) > e.limits.PayloadBytes {
		return invalid(field, "has %d bytes, the limit is %d", len(p), e.limits.PayloadBytes)
	}
	if len(p) == 0 {
		return nil
	}
	if !utf8.Valid(p) {
		return invalid(field, "is not JSON: it is no UTF-8")
	}
	if !json.Valid(p) {
		var v any
		return invalid(field, "is not JSON: %v", json.Unmarshal(p, &v))
	}
	if at := history.HalfPair(p); at >= 0 {
		return invalid(field, "has half of a surrogate pair, %s, at byte %d", p[at:at+6], at+1)
	}
	if reason := beyondCode(p); reason != "" {
		return invalid(field, "%s", reason)
	}
	return nil
}
