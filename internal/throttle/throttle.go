// Package throttle keeps log lines that strangers cause from filling the log.
//
// It decides which lines of a kind are logged, and reports how many it held back. It never decides
// what is logged, and keeps no line for later. Begin with Throttle.
package throttle

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// Throttle limits lines that mention a fault: it passes a few per span of time, and then reports
// how many it held back.
type Throttle struct {
	to   io.Writer
	most int // lines per span
	span time.Duration

	mu    sync.Mutex // guards the fields below
	began time.Time
	said  int
	held  int
}

// New returns a throttle in front of a log. It passes at most most lines per span.
func New(to io.Writer, most int, span time.Duration) *Throttle {
	return &Throttle{to: to, most: most, span: span}
}

// Write handles one line of memberlist's log, which begins with its level.
func (t *Throttle) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("[DEBUG]")) {
		return t.to.Write(line)
	}
	pass, held := t.allow(time.Now())
	if held > 0 {
		fmt.Fprintf(t.to, "[WARN] %d lines like the ones before were held back", held)
	}
	if !pass {
		return len(line), nil
	}
	return t.to.Write(line)
}

func (t *Throttle) allow(now time.Time) (pass bool, held int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.began) >= t.span {
		t.began, t.said, held, t.held = now, 0, t.held, 0
	}
	if t.said++; t.said > t.most {
		t.held++
		return false, held
	}
	return true, held
}

// Say logs a line of a kind, unless there were too many of them lately. The next line that passes
// reports how many were held back. The zero Throttle passes three a minute.
func (t *Throttle) Say(log func(msg string, args ...any), msg string, args ...any) {
	t.mu.Lock()
	if t.most == 0 {
		t.most, t.span = 3, time.Minute
	}
	t.mu.Unlock()
	pass, held := t.allow(time.Now())
	if !pass {
		return
	}
	if held > 0 {
		args = append(args, "held_back", held)
	}
	log(msg, args...)
}
