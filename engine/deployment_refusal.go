package engine

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// ChangeError is the refusal of a change before the log.
type ChangeError struct {
	Change int // from 0
	Op     string
	Reason fsm.Refusal
}

func (e *ChangeError) Error() string {
	return fmt.Sprintf("changes[%d] (%s): %s", e.Change, e.Op, e.Reason.Error())
}

// Code implements fsm.Refusal.
func (e *ChangeError) Code() string { return e.Reason.Code() }

// Facts implements fsm.Refusal.
func (e *ChangeError) Facts() map[string]any {
	facts := map[string]any{"change": e.Change, "op": e.Op}
	for name, value := range e.Reason.Facts() {
		if _, taken := facts[name]; !taken {
			facts[name] = value
		}
	}
	return facts
}

// ArchiveNotStored refuses a load of an archive that no node has: it was never stored, or its hour
// is over.
type ArchiveNotStored struct {
	Archive catalog.Digest
	Why     string
}

func (e *ArchiveNotStored) Error() string {
	return fmt.Sprintf("archive %s is not stored (PUT /v1/archives stores it, for an hour): %s", e.Archive, e.Why)
}

// Code implements fsm.Refusal.
func (e *ArchiveNotStored) Code() string { return "not_found" }

// Facts implements fsm.Refusal.
func (e *ArchiveNotStored) Facts() map[string]any {
	return map[string]any{"archive": e.Archive.String()}
}
