package transport

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// RunLimiter is what the routes of quotas need from a node.
type RunLimiter interface {
	SetRunQuota(ctx context.Context, c engine.Call, q rows.RunQuota) (engine.Answered, error)
	RunQuotas(ctx context.Context, rd engine.Read) ([]engine.RunQuota, uint64, error)
}

// quotaRoutes adds the routes of quotas.
func (s *Server) quotaRoutes() {
	add(s, route{method: "GET", path: "/v1/quotas", id: "quotas", summary: "List the quotas of open runs and of the depth of trees", needs: needs(ofAny, grant.Read), group: "Runs", leader: true}, s.runQuotas)
	add(s, route{method: "PUT", path: "/v1/quotas", id: "set_quota", summary: "Set the quota of the namespace as a whole", needs: needs(ofAll, grant.Operate), group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.RunQuotaRequest)}, s.setQuota)
	add(s, route{method: "PUT", path: "/v1/quotas/{type}", id: "set_type_quota", summary: "Set the quota of a workflow type", needs: needs(ofType, grant.Operate), group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.RunQuotaRequest)}, s.setTypeQuota)
}

func (s *Server) runQuotas(ctx context.Context, in *retentionInput) (*answer[wire.RunQuotas], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	all, index, err := s.cfg.RunLimiter.RunQuotas(ctx, rd)
	if err != nil {
		return nil, err
	}
	body := wire.RunQuotas{Quotas: []wire.RunQuota{}, Indexed: at(index)}
	for _, q := range all {
		if x := exchangeOf(ctx); q.Name == x.name("") || x.may(grant.Read, q.Name) == nil {
			body.Quotas = append(body.Quotas, wire.RunQuota{WorkflowType: q.Name, OpenRuns: q.OpenRuns, Depth: q.Depth, Open: q.Open})
		}
	}
	return &answer[wire.RunQuotas]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

func (s *Server) setQuota(ctx context.Context, _ *retainAllInput) (*answer[wire.RunQuotaAnswer], error) {
	return s.setQuotaOf(ctx, exchangeOf(ctx).name(""))
}

func (s *Server) setTypeQuota(ctx context.Context, in *retainInput) (*answer[wire.RunQuotaAnswer], error) {
	return s.setQuotaOf(ctx, in.Type)
}

func (s *Server) setQuotaOf(ctx context.Context, name string) (*answer[wire.RunQuotaAnswer], error) {
	var r wire.RunQuotaRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	a, err := s.cfg.RunLimiter.SetRunQuota(ctx, c, rows.RunQuota{Name: name, OpenRuns: r.OpenRuns, Depth: r.Depth})
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.RunQuotaAnswer]{Index: a.Index, Body: wire.RunQuotaAnswer{RunQuota: wire.RunQuota{WorkflowType: name, OpenRuns: r.OpenRuns, Depth: r.Depth}, Answered: answered(a)}}, nil
}
