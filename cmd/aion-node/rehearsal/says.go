package rehearsal

import (
	"fmt"
	"sync"

	"github.com/hashicorp/go-hclog"
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

// logger is what the engine of a world logs to: of all that it says, authors get what their workflows say.
func (s *says) logger() hclog.Logger {
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Off})
	l.RegisterSink(s)
	return l
}

// Accept implements hclog.SinkAdapter.
func (s *says) Accept(_ string, _ hclog.Level, msg string, args ...any) {
	if msg != "workflow says" {
		return
	}
	var l Line
	for i := 0; i+1 < len(args); i += 2 {
		switch text, _ := args[i+1].(string); args[i] {
		case "msg":
			l.Text = text
		case "workflow":
			l.Workflow = text
		}
	}
	s.add(l)
}
