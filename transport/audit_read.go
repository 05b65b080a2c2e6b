package transport

import (
	"context"
	"strings"

	"aion.dev/aion/transport/auditlog"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// auditRoutes adds the route of the audit log. It is not forwarded: each node has a log of its own.
func (s *Server) auditRoutes() {
	add(s, route{method: "GET", path: "/v1/audit", id: "audit", beyond: true, summary: "Show the newest lines of this node's audit log", needs: needs(ofAll, grant.Admin), group: "Cluster"}, s.auditLines)
}

// auditInput has the parameters of every read. However fresh the answer must be, it shows the file
// of this node.
type auditInput struct {
	Fresh
	Limit     int    `query:"limit" minimum:"1" doc:"1 to 1000; default 100"`
	Who       string `query:"who" doc:"Only of this caller"`
	Operation string `query:"operation" doc:"Only of this operation"`
	Outcome   string `query:"outcome" enum:"ok,rejected,retry,unknown" doc:"Only with this outcome"`
	About     string `query:"about" doc:"Only lines that have this text in what they are about, or in their request id"`
}

func (s *Server) auditLines(ctx context.Context, in *auditInput) (*answer[wire.AuditLines], error) {
	rd, index, err := s.stateHere(ctx, in.Fresh)
	if err != nil {
		return nil, err
	}
	if in.Limit < 0 || in.Limit > wire.MaxPage {
		return nil, invalid("limit", "is %d; want 1 to %d", in.Limit, wire.MaxPage)
	}
	if in.Limit == 0 {
		in.Limit = 100
	}
	a := &answer[wire.AuditLines]{Index: index, LeaderContact: s.contact(rd), Body: wire.AuditLines{Node: s.cfg.Node, Kept: s.cfg.Audit != nil, Lines: []wire.AuditLine{}}}
	if s.cfg.Audit == nil {
		return a, nil
	}
	lines, err := s.cfg.Audit.Newest(in.Limit, in.match)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		a.Body.Lines = append(a.Body.Lines, wire.AuditLine{ID: l.ID, Time: l.Time, Who: l.Who, From: l.From, Face: l.Face, Namespace: l.Namespace, Operation: l.Operation, Method: l.Method, Path: l.Path, Object: l.Object,
			RequestID: l.RequestID, Outcome: l.Outcome, Status: l.Status, Code: l.Code, Detail: l.Detail, Index: l.Index, Times: l.Times})
	}
	return a, nil
}

func (in *auditInput) match(l *auditlog.Line) bool {
	if in.Who != "" && l.Who != in.Who || in.Operation != "" && l.Operation != in.Operation || in.Outcome != "" && l.Outcome != in.Outcome {
		return false
	}
	if in.About == "" || strings.Contains(l.RequestID, in.About) || strings.Contains(l.Path, in.About) {
		return true
	}
	for _, v := range l.Object {
		if strings.Contains(v, in.About) {
			return true
		}
	}
	return false
}
