package main

import (
	"encoding/json"
	"os"
	"time"
)

// ledger is a file to which every attempt appends what it does. Several workers may share it: a
// line is one write.
type ledger struct {
	file   *os.File // nil = nobody wants to know
	worker string
}

// line is one line of the ledger.
type line struct {
	At         time.Time       `json:"at"`
	Worker     string          `json:"worker"`
	What       string          `json:"what"` // "begin" of an attempt, or its "effect"
	Activity   string          `json:"activity"`
	WorkflowID string          `json:"workflow_id"`
	RunID      string          `json:"run_id"`
	ActivityID uint64          `json:"activity_id"`
	Attempt    uint32          `json:"attempt"`
	Input      json.RawMessage `json:"input"`
}

func openLedger(path, worker string) (*ledger, error) {
	if path == "" {
		return &ledger{}, nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	return &ledger{file: file, worker: worker}, err
}

func (l *ledger) write(a *attempt, what string) error {
	if l.file == nil {
		return nil
	}
	b, err := json.Marshal(line{
		At: time.Now().UTC(), Worker: l.worker, What: what, Activity: a.Activity, WorkflowID: a.WorkflowID, RunID: a.RunID,
		ActivityID: a.ActivityID, Attempt: a.Attempt, Input: a.RawInput(),
	})
	if err != nil {
		return err
	}
	_, err = l.file.Write(append(b, '\n'))
	return err
}
