package runs

import (
	"encoding/json"
	"fmt"

	"aion.dev/aion/transport/wire"
)

// Event is an event of a run's history with the fields that checkers use.
type Event struct {
	wire.Event
	ID       uint64          `json:"id"`
	Attempt  uint32          `json:"attempt"`
	Activity string          `json:"activity"`
	Queue    string          `json:"queue"`
	Input    json.RawMessage `json:"input"`
	Result   json.RawMessage `json:"result"`
	Retry    *struct {
		MaxAttempts  uint32   `json:"max_attempts"`
		Backoff      string   `json:"backoff"`
		Factor       float64  `json:"factor"`
		MaxBackoff   string   `json:"max_backoff"`
		NonRetryable []string `json:"non_retryable"`
	} `json:"retry"`
	Heartbeat string          `json:"heartbeat"`
	Timeout   string          `json:"timeout"`
	Worker    string          `json:"worker"`
	Error     *wire.RunError  `json:"error"`
	Before    *wire.RunError  `json:"last_failure"` // for an attempt that began: why the previous one ended
	Name      string          `json:"name"`
	Payload   json.RawMessage `json:"payload"`
	Run       string          `json:"run_id"`
	Signal    string          `json:"signal"` // for a timer: it limits the wait for this signal
}

// EventsOf reads the events of a history, and returns what is wrong with their numbers and times.
func EventsOf(h wire.History) (events []Event, problem string) {
	for i, raw := range h.Events {
		e := Event{Event: raw}
		if len(raw.Data) > 0 {
			if err := json.Unmarshal(raw.Data, &e); err != nil {
				return nil, fmt.Sprintf("event %d, a %s, cannot be read: %v", raw.Seq, raw.Type, err)
			}
		}
		e.Event = raw
		if raw.Seq != uint64(i+1) {
			return nil, fmt.Sprintf("event number %d has seq %d", i+1, raw.Seq)
		}
		if i > 0 && raw.At.Before(h.Events[i-1].At) {
			return nil, fmt.Sprintf("event %d is of %s, before the one before it", raw.Seq, raw.At)
		}
		events = append(events, e)
	}
	return events, ""
}
