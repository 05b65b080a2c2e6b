package fsm

import "strings"

// Scope is what the caller of a command may touch, when that is not everything. It travels in the
// entry, because only apply knows which run a workflow id stands for. What lies outside looks as if
// it did not exist. Level 3.
type Scope struct {
	Types  []string `cbor:"1,keyasint,omitempty"` // prefixes of workflow types: commands on runs and schedules
	Queues []string `cbor:"2,keyasint,omitempty"` // prefixes of queues: reports on tasks
}

// HasType reports whether runs of a type are within the scope; all are within none.
func (s *Scope) HasType(typ string) bool { return s == nil || hasPrefixOf(typ, s.Types) }

// HasQueue reports whether tasks of a queue are within the scope.
func (s *Scope) HasQueue(queue string) bool { return s == nil || hasPrefixOf(queue, s.Queues) }

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
