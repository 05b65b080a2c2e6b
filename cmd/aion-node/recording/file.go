package recording

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
	"github.com/google/uuid"
)

// Format is the version of the file.
const Format = 1

// File is what `aion-node export` writes. The data of each event is there twice: for people, and as
// it is recorded.
type File struct {
	Format  int            `json:"aion_export"`
	Run     wire.RunRecord `json:"run"`
	Index   uint64         `json:"index"` // of the state that it was read from
	Archive Archive        `json:"archive"`
	Events  []wire.Event   `json:"events"`
}

// Archive refers to the code that the run is on.
type Archive struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256,omitempty"` // of the archive; empty if no node had it
	Code    []byte `json:"code,omitempty"`   // the archive itself, if that was asked for
}

// Recording is a file as a replay reads it.
type Recording struct {
	Path   string
	File   *File
	Run    rows.Run
	events []history.Event
	turns  []history.Turn
}

// Read reads a file. Its errors say what is wrong with it.
func Read(path string) (*Recording, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := new(File)
	if err := json.Unmarshal(data, f); err != nil {
		return nil, fmt.Errorf("%s is no exported run: %w", path, err)
	}
	r, err := Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s is no exported run: %w", path, err)
	}
	r.Path = path
	return r, nil
}

// Decode checks that a file is whole.
func Decode(f *File) (*Recording, error) {
	if f.Format != Format {
		return nil, fmt.Errorf("aion_export is %d, this build reads %d", f.Format, Format)
	}
	r := &Recording{File: f}
	version, err := catalog.ParseVersion(f.Run.Version)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(f.Run.RunID)
	if err != nil {
		return nil, fmt.Errorf("the run id: %w", err)
	}
	status, err := history.ParseStatus(f.Run.Status)
	if err != nil {
		return nil, err
	}
	for i, e := range f.Events {
		event, err := history.DecodeEvent(e.Bytes)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		if event.Seq != uint64(i)+1 {
			return nil, fmt.Errorf("event %d stands in the place of event %d", event.Seq, i+1)
		}
		r.events = append(r.events, event)
	}
	if len(r.events) == 0 || r.events[0].Data.Type() != history.TypeWorkflowStarted {
		return nil, fmt.Errorf("it does not begin with WorkflowStarted")
	}
	for i, t := range f.Run.Turns {
		turn := history.Turn{N: t.N, Through: t.Through, At: history.At(t.At), FirstSeq: t.FirstSeq, Count: t.Count, Cut: t.Cut, Rules: t.Rules, Waits: t.Waits}
		if turn.N != uint64(i)+1 || End(turn) > uint64(len(r.events)) {
			return nil, fmt.Errorf("turn %d is not whole", turn.N)
		}
		r.turns = append(r.turns, turn)
	}
	for _, seq := range f.Run.Reopened {
		if seq == 0 || seq > uint64(len(r.events)) {
			return nil, fmt.Errorf("event %d, which reopened it, is missing", seq)
		}
	}
	r.Run = rows.Run{WorkflowID: f.Run.WorkflowID, RunID: history.RunID(id), Type: f.Run.WorkflowType, Version: version, Status: status,
		Events: uint64(len(r.events)), Turns: uint64(len(r.turns)), Reopened: f.Run.Reopened}
	return r, nil
}

// End returns the seq of the last event that existed when a turn was recorded.
func End(t history.Turn) uint64 {
	if t.Count == 0 {
		return t.Through
	}
	return t.FirstSeq + t.Count - 1
}

// Open implements backtest.Recording.
func (r *Recording) Open(id history.RunID) bool { return id == r.Run.RunID }

// Events implements backtest.Recording.
func (r *Recording) Events(from, to uint64) []history.Event {
	from, to = max(from, 1), min(to, uint64(len(r.events)))
	if from > to {
		return nil
	}
	return slices.Clone(r.events[from-1 : to])
}

// Turns implements backtest.Recording.
func (r *Recording) Turns(from uint64, limit int) []history.Turn {
	from = max(from, 1)
	if from > uint64(len(r.turns)) {
		return nil
	}
	return r.turns[from-1 : min(uint64(len(r.turns)), from-1+uint64(limit))]
}

// Reopened returns the events that reopened the run.
func (r *Recording) Reopened() (list []history.Event) {
	for _, seq := range r.Run.Reopened {
		list = append(list, r.events[seq-1])
	}
	return list
}
