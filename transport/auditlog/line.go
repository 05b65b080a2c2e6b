package auditlog

import (
	"encoding/json"
	"time"
)

// Line is what one caller did, or wanted to do. Texts of callers are clipped by whoever makes it.
type Line struct {
	ID   string    `json:"id"` // unique: NODE-START-N, where N counts from 1 since the node started
	Time time.Time `json:"time"`
	Node string    `json:"node"` // which the caller called

	Who  string `json:"who,omitempty"`  // name of the caller; empty = unknown
	From string `json:"from,omitempty"` // address and port, as the node saw it
	Face string `json:"face"`           // http or hot

	Namespace string            `json:"namespace,omitempty"`  // of the call; absent = default
	Operation string            `json:"operation"`            // operationId of /openapi.json; other = no such address
	Method    string            `json:"method,omitempty"`     // of HTTP
	Path      string            `json:"path,omitempty"`       // without the query
	Object    map[string]string `json:"object,omitempty"`     // what it was about: ids, types, versions
	RequestID string            `json:"request_id,omitempty"` // the caller's

	Outcome string `json:"outcome"`          // ok, rejected, retry or unknown
	Status  int    `json:"status"`           // of HTTP
	Code    string `json:"code,omitempty"`   // of the problem
	Detail  string `json:"detail,omitempty"` // of the problem
	Index   uint64 `json:"index,omitempty"`  // of the log that the answer reflects

	Times int `json:"times,omitempty"` // how many calls the line stands for; absent = one
}

// OK is the outcome of what was done.
const OK = "ok"

func (l *Line) encode() ([]byte, error) {
	b, err := json.Marshal(l)
	return append(b, '\n'), err
}
