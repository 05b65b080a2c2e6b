package transport

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

// Deployer is what the routes for deploys need from a node.
type Deployer interface {
	LoadPackage(ctx context.Context, r engine.LoadRequest) (*fsm.LoadAnswer, engine.Answered, error)
	Route(ctx context.Context, c engine.Call, cmd fsm.RouteType) (*fsm.RouteAnswer, engine.Answered, error)
	Unroute(ctx context.Context, c engine.Call, cmd fsm.UnrouteType) (*fsm.RouteAnswer, engine.Answered, error)
	Rollback(ctx context.Context, c engine.Call, cmd fsm.RollbackType) (*fsm.RouteAnswer, engine.Answered, error)
	Deploys(ctx context.Context, rd engine.Read, typ string, limit int, cursor string) (*engine.DeployPage, error)
}

type loadInput struct {
	Keyed
	Route   bool     `query:"route" default:"true" doc:"Point the routes of all members at the version"`
	Expect  []string `query:"expect_route,explode" ns:"expect" doc:"TYPE=VERSION or TYPE=none: a condition on a route; may repeat"`
	DryRun  bool     `query:"dry_run" doc:"Validate everything, change nothing"`
	Message string   `query:"message" doc:"For the deploy history"`
	Signed  []string `query:"signature,explode" doc:"A signature of the archive's version, as a line of its signature file; may repeat"`
	Gate    string   `query:"gate" enum:"open" doc:"open: route only if every open run of the types replays on the version at that index"`
}

func (s *Server) load(ctx context.Context, in *loadInput) (*answer[wire.LoadAnswer], error) {
	r := engine.LoadRequest{Route: in.Route, DryRun: in.DryRun, Message: in.Message, Gate: in.Gate}
	for _, e := range in.Expect {
		condition, err := catalog.ParseExpect(e)
		if err != nil {
			return nil, err
		}
		r.Expect = append(r.Expect, condition)
	}
	var err error
	if r.Signatures, err = signatures("signature", in.Signed); err != nil {
		return nil, err
	}
	if c := &exchangeOf(ctx).caller; c.allowed != nil && !in.DryRun {
		return nil, c.onlyEphemeral()
	}
	release, err := s.loads.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if r.Call, err = change(ctx, nil, required); err != nil {
		return nil, err
	}
	if r.Archive = exchangeOf(ctx).bodyBytes; len(r.Archive) == 0 {
		return nil, invalid("body", "is empty; want the bytes of an archive")
	}
	if in.DryRun {
		r.Request = nil
	}
	l, a, err := s.cfg.Deployer.LoadPackage(ctx, r)
	if err != nil {
		return nil, refused(a, err)
	}
	body := loadAnswer(l, a)
	body.DryRun = in.DryRun
	return &answer[wire.LoadAnswer]{Index: a.Index, Body: body}, nil
}

type routeInput struct {
	Keyed
	Type string `path:"type" ns:"name"`
}

func (s *Server) route(ctx context.Context, in *routeInput) (*answer[wire.RouteAnswer], error) {
	var r wire.RouteRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	if r.Version == "" {
		return nil, invalid("version", "is missing")
	}
	return routed(s.cfg.Deployer.Route(ctx, c, fsm.RouteType{Type: in.Type, Version: r.Version, Expect: r.Expect, Message: r.Message}))
}

type unrouteInput struct {
	Keyed
	Type    string `path:"type" ns:"name"`
	Expect  string `query:"expect" ns:"version" doc:"Version (or prefix) that the route must point at now"`
	Message string `query:"message" doc:"For the deploy history"`
}

func (s *Server) unroute(ctx context.Context, in *unrouteInput) (*answer[wire.RouteAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	return routed(s.cfg.Deployer.Unroute(ctx, c, fsm.UnrouteType{Type: in.Type, Expect: in.Expect, Message: in.Message}))
}

func (s *Server) rollback(ctx context.Context, in *routeInput) (*answer[wire.RouteAnswer], error) {
	var r wire.RouteChange
	c, err := change(ctx, &r, optional)
	if err != nil {
		return nil, err
	}
	return routed(s.cfg.Deployer.Rollback(ctx, c, fsm.RollbackType{Type: in.Type, Expect: r.Expect, Message: r.Message}))
}

func routed(r *fsm.RouteAnswer, a engine.Answered, err error) (*answer[wire.RouteAnswer], error) {
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.RouteAnswer]{Index: a.Index, Body: routeAnswer(r, a)}, nil
}

type deploysInput struct {
	Fresh
	Paged
	Type string `query:"type" ns:"name"`
}

func (s *Server) deploys(ctx context.Context, in *deploysInput) (*answer[wire.Deploys], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	page, err := s.cfg.Deployer.Deploys(ctx, rd, in.Type, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := wire.Deploys{Deploys: make([]wire.Deploy, len(page.Records)), Chain: chainText(page.Chain), NextCursor: page.Next, Indexed: at(page.Index)}
	for i, r := range page.Records {
		body.Deploys[i] = deployOf(r)
	}
	return &answer[wire.Deploys]{Index: page.Index, LeaderContact: s.contact(rd), Body: body}, nil
}
