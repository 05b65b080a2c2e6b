package worker

import (
	"bytes"
	"encoding/json"
	"os"
	"sync"
	"time"
)

// What a line tells.
const (
	Took   = "took"   // an attempt came; Value is the details that came with it
	Beat   = "beat"   // a heartbeat is about to be sent; Value is its details
	Beaten = "beaten" // it was answered
	Effect = "effect" // the attempt's work is done: Value is the output, or the failure if Failed. Synced to disk before the cluster hears of it
	Told   = "told"   // the cluster answered the outcome
	Left   = "left"   // the worker does no more about the attempt; Code says why
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
	Failed   bool            `json:"failed,omitempty"` // of Effect and Told: what was done is a failure
	OK       bool            `json:"ok,omitempty"`     // of Beaten and Told; of Left: the task was taken back
	Cancel   bool            `json:"cancel,omitempty"` // of Beaten
	Code     string          `json:"code,omitempty"`
	Index    uint64          `json:"index,omitempty"` // of Beaten and Told: the log index that the answer names
}

// ledger appends lines. Every write is one line with a line end before and behind it: a process
// that is killed within a write spoils no other line.
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

// ReadLedger reads all whole lines of a ledger, in the order in which they were written. A file
// that is not there has none.
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
