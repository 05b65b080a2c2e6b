// Package throttle keeps what strangers cause from filling the log.
//
// It decides which lines of a kind are said, and says how many it held back. It never decides
// what is logged, and keeps no line for later. Begin with Throttle.
package throttle

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// Throttle keeps what strangers cause from filling the log: of the lines that mention a fault it
// passes on a few per span of time, and says then how many it held back.
type Throttle struct {
	to   io.Writer
	most int // lines per span
	span time.Duration

	mu    sync.Mutex // over everything below
	began time.Time
	said  int
	held  int
}

// New returns a throttle in front of a log: it passes most lines per span on to it.
func New(to io.Writer, most int, span time.Duration) *Throttle {
	return &Throttle{to: to, most: most, span: span}
}

// Write takes one line of memberlist's, which begins with its level.
func (t *Throttle) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("[DEBUG]")) {
		return t.to.Write(line)
	}
	pass, held := t.take(time.Now())
	if held > 0 {
		fmt.Fprintf(t.to, "[WARN] %d lines like the ones before were held back", held)
	}
	if !pass {
		return len(line), nil
	}
	return t.to.Write(line)
}

func (t *Throttle) take(now time.Time) (pass bool, held int) {
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

// Say logs a line of a kind, unless there were too many of them lately; the next line that
// passes tells how many did not. The zero Throttle passes on three a minute.
func (t *Throttle) Say(log func(msg string, args ...any), msg string, args ...any) {
	t.mu.Lock()
	if t.most == 0 {
		t.most, t.span = 3, time.Minute
	}
	t.mu.Unlock()
	pass, held := t.take(time.Now())
	if !pass {
		return
	}
	if held > 0 {
		args = append(args, "held_back", held)
	}
	log(msg, args...)
}
