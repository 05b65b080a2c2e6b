package wire

import "time"

// AuditLines are the newest lines of one node's audit log.
type AuditLines struct {
	Node  string      `json:"node" doc:"Whose log it is: each node keeps that of its own callers"`
	Kept  bool        `json:"kept" doc:"The node keeps an audit log (audit.file)"`
	Lines []AuditLine `json:"lines" doc:"The newest first"`
}

// AuditLine is what one caller did, or wanted to do: docs/AUDIT.md.
type AuditLine struct {
	ID        string            `json:"id" doc:"Of the line"`
	Time      time.Time         `json:"time" doc:"By the clock of the node"`
	Who       string            `json:"who,omitempty" doc:"Name of the caller; absent: unknown"`
	From      string            `json:"from,omitempty" doc:"Address and port of the caller"`
	Face      string            `json:"face" enum:"http,hot" doc:"By which it called"`
	Namespace string            `json:"namespace,omitempty" doc:"Of the call; absent: default"`
	Operation string            `json:"operation" doc:"Its operationId; other: there is no such address"`
	Method    string            `json:"method,omitempty" doc:"Of HTTP"`
	Path      string            `json:"path,omitempty" doc:"Without the query"`
	Object    map[string]string `json:"object,omitempty" doc:"What it was about: ids, types, versions"`
	RequestID string            `json:"request_id,omitempty"`
	Outcome   string            `json:"outcome" doc:"ok, rejected, retry or unknown"`
	Status    int               `json:"status" doc:"Of HTTP"`
	Code      string            `json:"code,omitempty" doc:"Of the problem"`
	Detail    string            `json:"detail,omitempty" ns:"text" doc:"Of the problem"`
	Index     uint64            `json:"index,omitempty"`
	Times     int               `json:"times,omitempty" doc:"How many calls the line stands for; absent: one"`
}
