package fsm

import (
	"strings"

	"aion.dev/aion/internal/namespace"
)

// Scope is what the caller of a command may touch, when that is not everything. It travels in the
// entry, because only apply knows which run a workflow id stands for. What lies outside looks as if
// it did not exist. Level 3.
type Scope struct {
	Types  []string `cbor:"1,keyasint,omitempty"` // prefixes of workflow types: commands on runs and schedules
	Queues []string `cbor:"2,keyasint,omitempty"` // prefixes of queues: reports on tasks

	// Space is the namespace of the call, unless that is default: nothing of another one is within
	// the scope, and all of it is when nothing else limits the caller. Level 4.
	Space string `cbor:"3,keyasint,omitempty"`
}

// Limited reports whether the caller may not touch all of its namespace.
func (s *Scope) Limited() bool {
	return s != nil && (s.Space == "" || len(s.Types)+len(s.Queues) > 0)
}

// In is the namespace of the call.
func (s *Scope) In() string {
	if s == nil {
		return ""
	}
	return s.Space
}

// inSpace answers for names of other namespaces, and for callers that nothing else limits.
func (s *Scope) inSpace(name string) (within, known bool) {
	switch {
	case s == nil:
		return true, true
	case namespace.Of(name) != s.Space:
		return false, true
	}
	return true, !s.Limited()
}

// HasType reports whether runs of a type are within the scope; all are within none.
func (s *Scope) HasType(typ string) bool {
	within, known := s.inSpace(typ)
	return within && (known || hasPrefixOf(typ, s.Types))
}

// HasQueue reports whether tasks of a queue are within the scope.
func (s *Scope) HasQueue(queue string) bool {
	within, known := s.inSpace(queue)
	return within && (known || hasPrefixOf(queue, s.Queues))
}

func hasPrefixOf(text string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

// askedSchedule is readSchedule for commands of callers.
func (t *step) askedSchedule(id string) *schedule {
	s := t.readSchedule(id)
	if s != nil && !t.who.Only.HasType(s.Type) {
		return nil
	}
	return s
}
