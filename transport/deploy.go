package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

type loadInput struct {
	Keyed
	Route   bool     `query:"route" default:"true" doc:"Point the routes of all members at the version"`
	Expect  []string `query:"expect_route,explode" doc:"TYPE=VERSION or TYPE=none: a condition on a route; may repeat"`
	DryRun  bool     `query:"dry_run" doc:"Validate everything, change nothing"`
	Message string   `query:"message" doc:"For the deploy history"`
}

func (s *Server) load(ctx context.Context, in *loadInput) (*answer[wire.LoadAnswer], error) {
	r := engine.LoadRequest{Route: in.Route, DryRun: in.DryRun, Message: in.Message}
	for _, e := range in.Expect {
		typ, ref, ok := strings.Cut(e, "=")
		if !ok || typ == "" || ref == "" {
			return nil, invalid("expect_route", "is %q; want TYPE=VERSION or TYPE=none", clip(e))
		}
		r.Expect = append(r.Expect, catalog.Expect{Type: typ, Ref: ref})
	}
	release, err := s.loads.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if r.Call, err = change(ctx, nil, required); err != nil {
		return nil, err
	}
	if r.Archive = exchangeOf(ctx).sent; len(r.Archive) == 0 {
		return nil, invalid("body", "is empty; want the bytes of an archive")
	}
	if in.DryRun {
		r.Request = nil
	}
	l, a, err := s.cfg.API.LoadPackage(ctx, r)
	if err != nil {
		return nil, refused(a, err)
	}
	body := loadAnswer(l, a)
	body.DryRun = in.DryRun
	return &answer[wire.LoadAnswer]{Index: a.Index, Body: body}, nil
}

type versionsInput struct {
	Fresh
	Type string `query:"type"`
}

func (s *Server) versions(ctx context.Context, in *versionsInput) (*answer[wire.Versions], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	rows, index, err := s.cfg.API.Versions(ctx, rd, in.Type)
	if err != nil {
		return nil, err
	}
	body := wire.Versions{Versions: make([]wire.Version, len(rows)), Indexed: at(index)}
	for i, r := range rows {
		body.Versions[i] = versionRow(r)
	}
	return &answer[wire.Versions]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type unloadInput struct {
	Keyed
	OfVersion
	Message string `query:"message" doc:"For the deploy history"`
}

func (s *Server) unload(ctx context.Context, in *unloadInput) (*answer[wire.UnloadAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	u, a, err := s.cfg.API.Unload(ctx, c, fsm.UnloadVersion{Type: in.Type, Version: in.Version, Message: in.Message})
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.UnloadAnswer]{Index: a.Index, Body: wire.UnloadAnswer{Version: u.Version.String(), WorkflowTypes: list(u.Types), Answered: answered(a)}}, nil
}

type versionInput struct {
	Fresh
	OfVersion
}

func (s *Server) version(ctx context.Context, in *versionInput) (*answer[wire.VersionShown], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	v, err := s.cfg.API.ShowVersion(ctx, rd, in.Type, in.Version)
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal(v.Archive.Manifest)
	if err != nil {
		return nil, err
	}
	body := wire.VersionShown{
		Version: versionRow(v.VersionRow), Manifest: manifest, Description: v.Package.Description, Labels: v.Package.Labels,
		Modules: make([]wire.Module, len(v.Archive.Modules)), Indexed: at(v.Index),
	}
	if body.Labels == nil {
		body.Labels = map[string]string{}
	}
	for i, m := range v.Archive.Modules {
		body.Modules[i] = wire.Module{Name: m.Name, Bytes: len(m.Source)}
	}
	return &answer[wire.VersionShown]{Index: v.Index, LeaderContact: s.contact(rd), Body: body}, nil
}

type pinsInput struct {
	Fresh
	Paged
	OfVersion
}

func (s *Server) pins(ctx context.Context, in *pinsInput) (*answer[wire.Pins], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	p, err := s.cfg.API.Pins(ctx, rd, in.Type, in.Version, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return &answer[wire.Pins]{Index: p.Index, LeaderContact: s.contact(rd), Body: pinsOf(p)}, nil
}

type routeInput struct {
	Keyed
	Type string `path:"type"`
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
	return routed(s.cfg.API.Route(ctx, c, fsm.RouteType{Type: in.Type, Version: r.Version, Expect: r.Expect, Message: r.Message}))
}

type unrouteInput struct {
	Keyed
	Type    string `path:"type"`
	Expect  string `query:"expect" doc:"Version (or prefix) that the route must point at now"`
	Message string `query:"message" doc:"For the deploy history"`
}

func (s *Server) unroute(ctx context.Context, in *unrouteInput) (*answer[wire.RouteAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	return routed(s.cfg.API.Unroute(ctx, c, fsm.UnrouteType{Type: in.Type, Expect: in.Expect, Message: in.Message}))
}

func (s *Server) rollback(ctx context.Context, in *routeInput) (*answer[wire.RouteAnswer], error) {
	var r wire.RouteChange
	c, err := change(ctx, &r, optional)
	if err != nil {
		return nil, err
	}
	return routed(s.cfg.API.Rollback(ctx, c, fsm.RollbackType{Type: in.Type, Expect: r.Expect, Message: r.Message}))
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
	Type string `query:"type"`
}

func (s *Server) deploys(ctx context.Context, in *deploysInput) (*answer[wire.Deploys], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	records, next, index, err := s.cfg.API.Deploys(ctx, rd, in.Type, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := wire.Deploys{Deploys: make([]wire.Deploy, len(records)), NextCursor: next, Indexed: at(index)}
	for i, r := range records {
		body.Deploys[i] = deployOf(r)
	}
	return &answer[wire.Deploys]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

// contact is what a stale read says about this node's touch with the leader; linearizable ones need not.
func (s *Server) contact(rd engine.Read) string {
	if !rd.Stale {
		return ""
	}
	ago, ok := s.cfg.Cluster.LeaderContact()
	if !ok {
		return "never"
	}
	return fmt.Sprint(ago.Round(time.Millisecond))
}
