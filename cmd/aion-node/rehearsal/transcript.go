package rehearsal

import (
	"fmt"
	"sync"

	"aion.dev/aion/fsm/rows"
)

// maxSaid bounds the lines kept for one test.
const maxSaid = 1000

// transcript collects what a test and its workflows log.
type transcript struct {
	mu   sync.Mutex
	said []Line
	more int
}

func (s *transcript) add(l Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.said) == maxSaid {
		s.more++
		return
	}
	s.said = append(s.said, l)
}

// addTest receives what the test prints.
func (s *transcript) addTest(text string) { s.add(Line{Text: text}) }

func (s *transcript) lines() []Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more > 0 {
		return append(s.said, Line{Text: fmt.Sprintf("(%d more lines are left out)", s.more)})
	}
	return s.said
}

// addWorkflow receives what the code of a run logs.
func (s *transcript) addWorkflow(run rows.Run, text string) {
	s.add(Line{Workflow: run.WorkflowID, Text: text})
}
