package transport

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/namespace"
	"aion.dev/aion/transport/auditlog"
	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// This file decides which calls get a line in the audit log, and what it says: mutations and
// backups, whatever became of them, and calls that were turned away for who made them. The node
// that was called writes it; the one that serves a call for another node does not.

const (
	// auditHead is how much of a body is looked at, of the question and of the answer, for what a
	// call was about.
	auditHead = 1 << 10
	// auditClip is how much of a text a line repeats, in bytes.
	auditClip = 256
)

// auditedMembers are the members of bodies that a line repeats. None of them is a payload.
var auditedMembers = map[string]bool{
	"public_key": true, "type_prefix": true, "count": true,
	"workflow_id": true, "run_id": true, "workflow_type": true, "type": true, "version": true, "archive": true, "ephemeral": true, "expect": true,
	"gate": true, "dry_run": true, "share": true, "from": true, "to": true, "message": true, "reason": true, "schedule_id": true, "node": true,
	"name": true, "queue": true, "worker_id": true, "move_id": true, "batch_id": true, "operation": true, "deduplicated": true, "freshly_loaded": true, "previous": true,
}

// problemMembers are those of a problem document.
var problemMembers = map[string]bool{"code": true, "detail": true, "outcome": true}

// deserves reports whether a call gets a line. The route is nil if the address has none.
func (s *Server) deserves(c *caller, rt *route, r *http.Request, status int) bool {
	if s.cfg.Audit == nil || s.passesOn(c, r) {
		return false
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMisdirectedRequest:
		return true
	}
	return rt != nil && (rt.write || rt.whole)
}

// passesOn reports whether a node makes the call for another caller. A node proves that it is one
// by the identity that it signs, so nobody escapes by a header; only where anybody may do
// everything, and while a cluster is upgraded to builds that sign, its word is enough.
func (s *Server) passesOn(c *caller, r *http.Request) bool {
	return forwarded(r) && (c.passedOn || c.open || s.cfg.Authority.Callers().Key == (catalog.Digest{}))
}

// auditable refuses a mutation while its line could not be written.
func (s *Server) auditable(c *caller, rt *route, r *http.Request) error {
	if !rt.write || !s.deserves(c, rt, r, 0) {
		return nil
	}
	if err := s.cfg.Audit.Refuses(); err != nil {
		return wire.New("unavailable", "the audit log of node "+s.cfg.Node+" cannot be written, so it changes nothing; other nodes may").With("audit", err.Error())
	}
	return nil
}

// idlePoll reports whether an answer is that of a poll that got no task, which is no mutation.
func idlePoll(rt *route, status int, answer []byte) bool {
	if rt == nil || rt.id != "poll" || status != http.StatusOK {
		return false
	}
	var polled struct{ Tasks []json.RawMessage }
	return json.Unmarshal(answer, &polled) == nil && len(polled.Tasks) == 0
}

// audit writes the line of an answer that begins with first, before it leaves.
func (r *recorder) audit(first []byte) {
	if r.server == nil || r.audited {
		return
	}
	r.audited = true
	x, status := r.exchange, r.code()
	var rt *route
	var c caller
	if x != nil {
		rt, c = x.route, x.caller
	}
	if !r.server.deserves(&c, rt, r.request, status) || idlePoll(rt, status, first) {
		return
	}
	line := auditlog.Line{Face: "http", Operation: r.operation, Status: status}
	line.Index, _ = strconv.ParseUint(r.Header().Get(wire.HeaderIndex), 10, 64)
	if x != nil {
		line.Who = x.caller.name
		line.Object = auditedOf(x.body.head, first)
	}
	r.server.account(&line, r.request, status, first)
}

// auditBroken is audit of a call whose answer broke off before it began.
func (r *recorder) auditBroken() {
	if !r.headSent {
		r.status = http.StatusServiceUnavailable
		b, _ := json.Marshal(wire.New("outcome_unknown", "the answer broke off"))
		r.audit(b)
	}
}

// auditHot is audit of an answer over the hot face.
func (s *Server) auditHot(x *exchange, a *pb.Answer) {
	if x.r == nil || !s.deserves(&x.caller, x.route, x.r, int(a.Status)) || idlePoll(x.route, int(a.Status), a.Body) {
		return
	}
	body := a.Body
	if a.Problem != nil {
		body, _ = json.Marshal(hot.ToProblem(a.Problem))
	}
	line := auditlog.Line{Face: "hot", Operation: x.route.id, Status: int(a.Status), Index: a.Index, Who: x.caller.name, Object: auditedOf(x.hot.Body, a.Body)}
	s.account(&line, x.r, int(a.Status), body)
}

// account completes a line and writes it.
func (s *Server) account(line *auditlog.Line, r *http.Request, status int, answer []byte) {
	line.From, line.Method, line.Path = r.RemoteAddr, clipped(r.Method), clipped(r.URL.EscapedPath())
	if space := r.Header.Get(wire.HeaderNamespace); space != namespace.Default {
		line.Namespace = clipped(space)
	}
	line.RequestID = clipped(r.Header.Get(wire.HeaderRequestID))
	line.Outcome = auditlog.OK
	if status >= http.StatusBadRequest {
		p := members(answer, problemMembers)
		line.Code, line.Detail, line.Outcome = p["code"], p["detail"], p["outcome"]
		if line.Outcome == "" { // no document of ours
			q := wire.ParseProblem(status, nil)
			line.Code, line.Outcome = q.Code, string(q.Outcome)
		}
	}
	s.cfg.Audit.Write(*line)
}

func clipped(text string) string {
	if len(text) > auditClip {
		text = text[:auditClip-len("...")] + "..."
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// auditedOf collects what a call was about from the beginnings of its bodies. What the answer says
// wins: a version in full where the question had its beginning.
func auditedOf(question, answer []byte) map[string]string {
	object, said := members(question, auditedMembers), members(answer, auditedMembers)
	if object == nil {
		return said
	}
	maps.Copy(object, said)
	return object
}
