package wire

import (
	"context"
	"errors"
)

// Kind is a row of the error table.
type Kind struct {
	Code    string
	Status  int
	Title   string
	Outcome Outcome
	Hint    string
}

// Table has one row for each error code, in the order of docs/ERRORS.md. A code never changes its
// name or status.
var Table = []Kind{
	{"invalid_package", 400, "The package is not valid", Rejected, "Nothing was changed. `aion-node package DIR` builds archives; `aion-node deploy FILE --dry-run` checks the code in them."},
	{"invalid_input", 400, "The request is not valid", Rejected, ""},
	{"signature_invalid", 400, "A signature is not one of this version", Rejected, "Sign the archive as it is now (`aion-node key sign FILE --key KEY`), or leave the signature out: the .sig file beside it may be of an older build."},
	{"signature_required", 409, "The policy wants this package signed", Rejected, "Have it signed by a key that counts (`aion-node key sign FILE --key KEY`, `deploy --sign KEY`) and deploy it again; `aion-node policy show` lists keys and rules."},
	{"manifest_mismatch", 400, "This version is loaded with another manifest", Rejected, "Description and labels are not part of the version: ship them as they are there (`aion-node versions show TYPE VERSION`), or change the code."},
	{"unknown_query", 400, "The workflow has no such query", Rejected, "Queries are registered with ctx.on_query(name, function)."},
	{"unknown_update", 400, "The workflow takes no such update", Rejected, "Updates are taken with ctx.on_update(name, function)."},
	{"unauthenticated", 401, "Who are you?", Rejected, "Send a token: --token, AION_TOKEN, or `Authorization: Bearer TOKEN`."},
	{"permission_denied", 403, "This caller may not do that", Rejected, ""},
	{"not_found", 404, "There is no such thing", Rejected, ""},
	{"unknown_version", 404, "This version is not loaded", Rejected, "`aion-node versions` lists what is loaded."},
	{"unknown_workflow_type", 404, "This workflow type has no route", Rejected, "`aion-node versions` lists what is loaded; `aion-node route TYPE VERSION` routes it."},
	{"method_not_allowed", 405, "This address does not accept that method", Rejected, ""},
	{"query_timeout", 408, "The query took too long", Rejected, "The run may be busy, or its first turn may not have been taken yet: try again."},
	{"version_pinned", 409, "Open runs pin this version", Rejected, "`aion-node pins TYPE VERSION` lists them; `aion-node unload TYPE VERSION --wait` waits until they are closed."},
	{"route_active", 409, "A route points at this version", Rejected, "Route the types elsewhere first: `aion-node route`, `rollback` or `unroute`."},
	{"canary_active", 409, "The workflow type has a canary", Rejected, "`aion-node canary status TYPE` shows it; promote or abort it first."},
	{"route_conflict", 409, "The route is not what was expected", Rejected, "Look at `aion-node versions` and `aion-node deploys`: somebody else may have deployed."},
	{"gate_failed", 409, "Open runs do not replay on this version", Rejected, "Nothing was changed. The runs show where the code asks for something else; without --gate they would stay on their version."},
	{"gate_contended", 409, "Open runs took turns for too long to be checked", Retry, "Nothing was changed. Try again when there is less traffic."},
	{"already_running", 409, "A run with this id is open", Rejected, "Choose another id, or wait until that run is closed."},
	{"already_closed", 409, "A run with this id has been, and this start may not follow it", Rejected, "Choose another id, or another if_closed."},
	{"stopped", 409, "The workflow type or the version is stopped", Rejected, "`aion-node stops` says what is stopped and why; `aion-node unstop` lets it run again."},
	{"not_running", 409, "The run is closed", Rejected, ""},
	{"invalid_state", 409, "The present state does not allow this", Rejected, ""},
	{"version_unavailable", 409, "The version has been unloaded", Rejected, "Deploy its package again."},
	{"lease_lost", 409, "This attempt is no longer yours", Rejected, "The result was not used; the attempt has been given to another worker or has ended."},
	{"package_too_large", 413, "The package is too large", Rejected, "The limits are deploy.max_archive_bytes and deploy.max_inflated_bytes."},
	{"body_too_large", 413, "The body is too large", Rejected, "Send less, or keep large data elsewhere and send where it is."},
	{"unsupported_encoding", 415, "This encoding of a body is not accepted", Rejected, "Send the body as it is, without Content-Encoding."},
	{"misdirected", 421, "This node does not have this name", Rejected, "Without auth.tokens a node accepts loopback names and addresses and http.advertise as Host. List other names in http.hosts, or ask callers for tokens."},
	{"request_mismatch", 422, "This request id belongs to another request", Rejected, "Use a fresh request id for each change, and the same one only to repeat it."},
	{"resource_exhausted", 429, "A limit is reached", Rejected, "Wait until there is room, or raise the limit."},
	{"query_failed", 500, "The query handler failed", Rejected, ""},
	{"internal", 500, "Something went wrong inside the node", Unknown, "The node's log says more. Repeat the call with the same request id."},
	{"no_leader", 503, "There is no leader now", Retry, "An election takes a second or two: try again, or try another node."},
	{"no_quorum", 503, "There is no majority now", Retry, "A majority of the voters must be up and connected. Reads with --stale (consistency=stale) go on meanwhile."},
	{"unavailable", 503, "This node cannot serve the call now", Retry, "Try again, or try another node."},
	{"outcome_unknown", 503, "It may have happened", Unknown, "Repeat the call with the same request id: it has at most one effect, and returns its outcome."},
}

var rows = func() map[string]Kind {
	m := make(map[string]Kind, len(Table))
	for _, k := range Table {
		m[k.Code] = k
	}
	return m
}()

// Lookup returns the row of a code.
func Lookup(code string) (Kind, bool) {
	k, ok := rows[code]
	return k, ok
}

// New makes a Problem with a code of the table; any other code is a bug and becomes "internal".
func New(code, detail string) *Problem {
	k, ok := rows[code]
	if !ok {
		k, detail = rows["internal"], "error code "+code+" is not in the table: "+detail
	}
	return &Problem{Status: k.Status, Code: k.Code, Title: k.Title, Detail: detail, Outcome: k.Outcome, Hint: k.Hint}
}

// Refusal is implemented by the errors of all packages that callers may see.
type Refusal interface {
	error
	Code() string
	Facts() map[string]any
}

// Of converts an error into the Problem that callers see. Errors that are neither a Problem nor a
// Refusal become "internal", except the end of a context: then the caller gave up, and the work in
// progress may still take effect.
func Of(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var r Refusal
	if errors.As(err, &r) {
		p := New(r.Code(), r.Error())
		p.Facts, p.cause = r.Facts(), r
		return p
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return New("outcome_unknown", "the call ended before its answer was there: "+err.Error())
	}
	return New("internal", err.Error())
}
