package transport

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// Stopper is what the routes of stops need from a node.
type Stopper interface {
	Stop(ctx context.Context, c engine.Call, cmd fsm.StopRuns) (*fsm.StopAnswer, engine.Answered, error)
	LiftStop(ctx context.Context, c engine.Call, cmd fsm.LiftStop) (*fsm.StopAnswer, engine.Answered, error)
	Stops(ctx context.Context, rd engine.Read) ([]engine.Stopped, uint64, error)
}

// stopRoutes adds the routes of stops.
func (s *Server) stopRoutes() {
	add(s, route{method: "POST", path: "/v1/stops", id: "stop", summary: "Stop a workflow type or a version", needs: needs(ofAny, grant.Operate), group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.StopRequest)}, s.stop)
	add(s, route{method: "GET", path: "/v1/stops", id: "stops", summary: "List what is stopped", needs: needs(ofAny, grant.Read), group: "Runs", leader: true}, s.stops)
	add(s, route{method: "DELETE", path: "/v1/stops", id: "unstop", summary: "Let a workflow type or a version run again", needs: needs(ofAny, grant.Operate), group: "Runs", leader: true, write: true}, s.unstop)
}

func (s *Server) stop(ctx context.Context, _ *startBatchInput) (*answer[wire.StopAnswer], error) {
	var r wire.StopRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	c.Only = exchangeOf(ctx).scopeOf(grant.Operate)
	return stopAnswer(s.cfg.Stopper.Stop(ctx, c, fsm.StopRuns{Type: r.Type, Version: r.Version, Reason: r.Reason}))
}

type unstopInput struct {
	Keyed
	Type    string `query:"type" ns:"name" doc:"Workflow type that is stopped; this or version"`
	Version string `query:"version" ns:"version" doc:"Version that is stopped, full or a prefix"`
	Resume  bool   `query:"resume" doc:"Let the runs go on that the stop has paused"`
}

func (s *Server) unstop(ctx context.Context, in *unstopInput) (*answer[wire.StopAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	c.Only = exchangeOf(ctx).scopeOf(grant.Operate)
	return stopAnswer(s.cfg.Stopper.LiftStop(ctx, c, fsm.LiftStop{Type: in.Type, Version: in.Version, Resume: in.Resume}))
}

func stopAnswer(r *fsm.StopAnswer, a engine.Answered, err error) (*answer[wire.StopAnswer], error) {
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.StopAnswer]{Index: a.Index, Body: wire.StopAnswer{Stop: stopOf(&r.Stop), Changed: r.Changed, JobID: r.Job, Answered: answered(a)}}, nil
}

func stopOf(s *rows.Stop) wire.Stop {
	w := wire.Stop{WorkflowType: s.Type, Version: versionText(s.Version), Reason: s.Reason, StoppedBy: s.Actor, StoppedIndex: s.Index, RunsOpen: s.Open}
	if s.At != 0 {
		w.StoppedAt = s.At.Std()
	}
	return w
}

func stopsOf(all []rows.Stop) (list []wire.Stop) {
	for i := range all {
		list = append(list, stopOf(&all[i]))
	}
	return list
}

func (s *Server) stops(ctx context.Context, in *retentionInput) (*answer[wire.Stops], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	all, index, err := s.cfg.Stopper.Stops(ctx, rd)
	if err != nil {
		return nil, err
	}
	body := wire.Stops{Stops: []wire.Stop{}, Indexed: at(index)}
	for i := range all {
		if stop := &all[i]; seesAll(ctx, stop.Types) {
			w := stopOf(&stop.Stop)
			if stop.Type == "" {
				w.WorkflowTypes = stop.Types
			}
			body.Stops = append(body.Stops, w)
		}
	}
	return &answer[wire.Stops]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

// seesAll reports whether the caller may read all of some types.
func seesAll(ctx context.Context, types []string) bool {
	for _, typ := range types {
		if exchangeOf(ctx).may(grant.Read, typ) != nil {
			return false
		}
	}
	return true
}
