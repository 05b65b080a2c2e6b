package transport

import (
	"context"
	"time"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// defaultJoinLife is how long a join token lets nodes in if the caller does not say.
const defaultJoinLife = 24 * time.Hour

func (s *Server) issueJoinToken(ctx context.Context, _ *operateInput) (*answer[wire.JoinTokenMade], error) {
	var r wire.JoinTokenRequest
	x := exchangeOf(ctx)
	if err := x.decode(&r, optional); err != nil {
		return nil, err
	}
	life := defaultJoinLife
	if r.Expires != "" {
		var err error
		if life, err = duration("expires", r.Expires); err != nil {
			return nil, err
		}
	}
	c, err := x.call()
	if err != nil {
		return nil, err
	}
	token, made, a, err := s.cfg.Cluster.IssueJoinToken(ctx, c.Request, c.Actor, life)
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.JoinTokenMade]{Index: a.Index, Body: wire.JoinTokenMade{Token: token, JoinToken: joinTokenOf(made), Answered: answered(a)}}, nil
}

func joinTokenOf(j rows.JoinToken) wire.JoinToken {
	w := wire.JoinToken{ID: j.ID, By: j.By, CreatedAt: j.CreatedAt.Std()}
	if j.ExpiresAt != 0 {
		at := j.ExpiresAt.Std()
		w.ExpiresAt = &at
	}
	return w
}

func (s *Server) joinTokens(ctx context.Context, in *clusterInput) (*answer[wire.JoinTokens], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	all, index, err := s.cfg.Cluster.JoinTokens(ctx, rd)
	if err != nil {
		return nil, err
	}
	body := wire.JoinTokens{JoinTokens: make([]wire.JoinToken, len(all))}
	for i, j := range all {
		body.JoinTokens[i] = joinTokenOf(j)
	}
	body.Indexed = at(index)
	return &answer[wire.JoinTokens]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type joinTokenInput struct {
	Keyed
	ID string `path:"id" doc:"Id of the join token: what stands before the dot"`
}

func (s *Server) revokeJoinToken(ctx context.Context, in *joinTokenInput) (*answer[wire.JoinTokenRevoked], error) {
	if len(in.ID) > 200 {
		return nil, invalid("id", "has %d bytes, the limit is 200", len(in.ID))
	}
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	a, err := s.cfg.Cluster.RevokeJoinToken(ctx, c.Request, in.ID)
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.JoinTokenRevoked]{Index: a.Index, Body: wire.JoinTokenRevoked{ID: in.ID, Answered: answered(a)}}, nil
}

// replaceNode answers how far a replacement is; callers repeat it until it is done.
func (s *Server) replaceNode(ctx context.Context, _ *operateInput) (*answer[wire.Replacement], error) {
	var r wire.ReplaceRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	for name, id := range map[string]string{"old": r.Old, "new": r.New} {
		if len(id) > 200 {
			return nil, invalid(name, "has %d bytes, the limit is 200", len(id))
		}
	}
	waits, a, err := s.cfg.Cluster.Replace(ctx, c.Request, r.Old, r.New)
	if err != nil {
		return nil, refused(a, err)
	}
	done, err := s.reached(ctx, a)
	if err != nil {
		return nil, err
	}
	return &answer[wire.Replacement]{Index: done.Index, Body: wire.Replacement{Old: r.Old, New: r.New, Done: waits == "", Waits: waits, Answered: done}}, nil
}
