package worker

import (
	"bytes"
	"encoding/json"
	"os"
	"sync"
	"time"
)

// The kinds of lines.
const (
	Took   = "took"   // an attempt arrived; Value is the details that came with it
	Beat   = "beat"   // a heartbeat is about to be sent; Value is its details
	Beaten = "beaten" // a heartbeat was answered
	// the attempt's work is done: Value is the output, or the failure if Failed. Synced to disk
	// before the cluster hears of it
	Effect = "effect"
	Told   = "told" // the cluster answered the outcome
	Left   = "left" // the worker does nothing more about the attempt; Code says why
)

// Line is one line of the ledger.
type Line struct {
	At       int64           `json:"at"` // nanoseconds since 1970, by this machine's clock
	E        string          `json:"e"`
	Worker   string          `json:"worker"`
	Pid      int             `json:"pid"`
	Workflow string          `json:"workflow"`
	Run      string          `json:"run"`
	Step     uint64          `json:"step"`
	Attempt  uint32          `json:"attempt"`
	Value    json.RawMessage `json:"value,omitempty"`
	Failed   bool            `json:"failed,omitempty"` // for Effect and Told: the work failed
	OK       bool            `json:"ok,omitempty"`     // for Beaten and Told; for Left: the task was taken back
	Cancel   bool            `json:"cancel,omitempty"` // for Beaten
	Code     string          `json:"code,omitempty"`
	Index    uint64          `json:"index,omitempty"` // for Beaten and Told: the log index in the answer
}

// ledger appends lines. Every write is one line with a newline before and after it: a process that
// is killed during a write corrupts no other line.
type ledger struct {
	mu     sync.Mutex
	file   *os.File
	worker string
}

func openLedger(path, worker string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return &ledger{file: f, worker: worker}, err
}

func (l *ledger) write(line Line) error {
	line.At, line.Worker, line.Pid = time.Now().UnixNano(), l.worker, os.Getpid()
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(append([]byte{'\n'}, b...), '\n')); err != nil {
		return err
	}
	if line.E == Effect {
		return l.file.Sync()
	}
	return nil
}

// ReadLedger reads all complete lines of a ledger, in the order in which they were written. A
// missing file has none.
func ReadLedger(path string) ([]Line, error) {
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var lines []Line
	for text := range bytes.Lines(b) {
		var line Line
		if json.Unmarshal(text, &line) == nil && line.E != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
