package rehearsal

import (
	"fmt"
	"sync"

	"aion.dev/aion/fsm/rows"
)

// maxSaid bounds the lines that are kept of one test.
const maxSaid = 1000

// says gathers what a test and its workflows say.
type says struct {
	mu   sync.Mutex
	said []Line
	more int
}

func (s *says) add(l Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.said) == maxSaid {
		s.more++
		return
	}
	s.said = append(s.said, l)
}

// test takes what the test prints.
func (s *says) test(text string) { s.add(Line{Text: text}) }

func (s *says) lines() []Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more > 0 {
		return append(s.said, Line{Text: fmt.Sprintf("(%d more lines are left out)", s.more)})
	}
	return s.said
}

// workflow takes what the code of a run logs.
func (s *says) workflow(run rows.Run, text string) { s.add(Line{Workflow: run.WorkflowID, Text: text}) }
