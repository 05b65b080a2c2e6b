package port

import (
	"encoding/json"
	"errors"
	"net/http"

	"aion.dev/aion/engine"
)

// ErrClosing is the error that callers get from a node that is shutting down.
var ErrClosing = &engine.Unavailable{Why: "this node is shutting down"}

// wireError is an error in transit between nodes.
type wireError struct {
	Code   string `json:"code,omitempty"` // no_leader, no_quorum, unavailable, outcome_unknown; empty for any other error
	Detail string `json:"detail"`
	Leader string `json:"leader,omitempty"`
}

// WriteError answers a request with an error. ReadError restores its type.
func WriteError(w http.ResponseWriter, err error) {
	e := wireError{Detail: err.Error()}
	var (
		notLeader   *engine.NotLeader
		noQuorum    *engine.NoQuorum
		unavailable *engine.Unavailable
		unknown     *engine.Unknown
	)
	switch {
	case errors.As(err, &unknown): // checked first, because it may wrap any of the others
		e = wireError{Code: unknown.Code(), Detail: unknown.Cause.Error()}
	case errors.As(err, &notLeader):
		e = wireError{Code: notLeader.Code(), Leader: notLeader.Leader}
	case errors.As(err, &noQuorum):
		e = wireError{Code: noQuorum.Code(), Detail: noQuorum.Why}
	case errors.As(err, &unavailable):
		e = wireError{Code: unavailable.Code(), Detail: unavailable.Why}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	json.NewEncoder(w).Encode(e)
}

// ReadError is the reverse of WriteError.
func ReadError(b []byte, doing string) error {
	var e wireError
	if err := json.Unmarshal(b, &e); err != nil {
		return &engine.Unknown{Cause: errors.New(doing)}
	}
	switch e.Code {
	case (*engine.NotLeader)(nil).Code():
		return &engine.NotLeader{Leader: e.Leader}
	case (*engine.NoQuorum)(nil).Code():
		return &engine.NoQuorum{Why: e.Detail}
	case (*engine.Unavailable)(nil).Code():
		return &engine.Unavailable{Why: e.Detail}
	case (*engine.Unknown)(nil).Code():
		return &engine.Unknown{Cause: errors.New(e.Detail)}
	}
	return errors.New(e.Detail)
}
