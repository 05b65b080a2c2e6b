package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

// Catalog is what the routes of loaded versions need from a node.
type Catalog interface {
	Versions(ctx context.Context, rd engine.Read, typ string) ([]engine.VersionRow, uint64, error)
	VersionsAt(ctx context.Context, rd engine.Read, typ string, at engine.Moment) (*engine.Then, error)
	ShowVersion(ctx context.Context, rd engine.Read, typ, version string) (*engine.Shown, error)
	FetchVersion(ctx context.Context, rd engine.Read, typ, version string) (*engine.Fetched, error)
	Unload(ctx context.Context, c engine.Call, cmd fsm.UnloadVersion) (*fsm.UnloadAnswer, engine.Answered, error)
	UnloadWhenDrained(ctx context.Context, c engine.Call, cmd fsm.UnloadWhenDrained) (*fsm.UnloadAnswer, engine.Answered, error)
	CancelUnload(ctx context.Context, c engine.Call, cmd fsm.CancelUnload) (*fsm.UnloadAnswer, engine.Answered, error)
	Pins(ctx context.Context, rd engine.Read, typ, version string, limit int, cursor string) (*engine.Pins, error)
}

type versionsInput struct {
	Fresh
	Type string `query:"type" ns:"name"`
	At   string `query:"at" doc:"What was loaded and routed then: a log index, or an RFC 3339 time"`
}

func (s *Server) versions(ctx context.Context, in *versionsInput) (*answer[wire.Versions], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	if in.At != "" {
		return s.versionsAt(ctx, rd, in)
	}
	rows, index, err := s.cfg.Catalog.Versions(ctx, rd, in.Type)
	if err != nil {
		return nil, err
	}
	body := wire.Versions{Versions: make([]wire.Version, len(rows)), Indexed: at(index)}
	for i, r := range rows {
		body.Versions[i] = versionRow(r)
	}
	return &answer[wire.Versions]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

// versionsAt lists what was loaded and routed at another moment.
func (s *Server) versionsAt(ctx context.Context, rd engine.Read, in *versionsInput) (*answer[wire.Versions], error) {
	var when engine.Moment
	var err error
	if when.Index, err = strconv.ParseUint(in.At, 10, 64); err != nil || when.Index == 0 {
		if when.Time, err = moment("at", in.At); err != nil {
			return nil, invalid("at", "is %q; want a log index or an RFC 3339 time such as 2026-03-01T08:00:00Z", clip(in.At))
		}
	}
	then, err := s.cfg.Catalog.VersionsAt(ctx, rd, in.Type, when)
	if err != nil {
		return nil, err
	}
	body := wire.Versions{Versions: make([]wire.Version, len(then.Versions)), Indexed: at(then.Index)}
	for i, t := range then.Versions {
		body.Versions[i] = versionThen(t)
	}
	return &answer[wire.Versions]{Index: then.Index, LeaderContact: s.contact(rd), Body: body}, nil
}

type unloadInput struct {
	Keyed
	OfVersion
	When    string `query:"when" enum:"now,drained" default:"now" doc:"drained: at once if nothing pins it, otherwise as soon as nothing does (202)"`
	Message string `query:"message" doc:"For the deploy history"`
}

// unloadAnswer is an answer with a status of its own: 202 while the version is still there.
type unloadAnswer struct {
	Status int
	Index  uint64 `header:"Aion-Index"`
	Body   wire.UnloadAnswer
}

func (s *Server) unload(ctx context.Context, in *unloadInput) (*unloadAnswer, error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	var u *fsm.UnloadAnswer
	var a engine.Answered
	switch in.When {
	case "", "now":
		u, a, err = s.cfg.Catalog.Unload(ctx, c, fsm.UnloadVersion{Type: in.Type, Version: in.Version, Message: in.Message})
	case "drained":
		u, a, err = s.cfg.Catalog.UnloadWhenDrained(ctx, c, fsm.UnloadWhenDrained{Type: in.Type, Version: in.Version, Message: in.Message})
	default:
		return nil, invalid("when", "is %q; want now or drained", clip(in.When))
	}
	if err != nil {
		return nil, refused(a, err)
	}
	w := &unloadAnswer{Status: http.StatusOK, Index: a.Index, Body: unloadAnswerOf(u, a)}
	if u.Pending {
		w.Status = http.StatusAccepted
	}
	return w, nil
}

func unloadAnswerOf(u *fsm.UnloadAnswer, a engine.Answered) wire.UnloadAnswer {
	return wire.UnloadAnswer{Version: u.Version.String(), WorkflowTypes: list(u.Types), Pending: u.Pending, Answered: answered(a)}
}

type cancelUnloadInput struct {
	Keyed
	OfVersion
	Message string `query:"message" doc:"For the deploy history"`
}

func (s *Server) cancelUnload(ctx context.Context, in *cancelUnloadInput) (*answer[wire.UnloadAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	u, a, err := s.cfg.Catalog.CancelUnload(ctx, c, fsm.CancelUnload{Type: in.Type, Version: in.Version, Message: in.Message})
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.UnloadAnswer]{Index: a.Index, Body: unloadAnswerOf(u, a)}, nil
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
	v, err := s.cfg.Catalog.ShowVersion(ctx, rd, in.Type, in.Version)
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal(v.Archive.Manifest)
	if err != nil {
		return nil, err
	}
	body := wire.VersionShown{
		Version: versionRow(v.VersionRow), Manifest: manifest, Description: v.Package.Description, Labels: v.Package.Labels, Signatures: versionSignatures(v.Signed),
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
	p, err := s.cfg.Catalog.Pins(ctx, rd, in.Type, in.Version, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return &answer[wire.Pins]{Index: p.Index, LeaderContact: s.contact(rd), Body: pinsOf(p)}, nil
}
