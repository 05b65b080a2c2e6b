package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// Namespacer is what namespaces need from a node.
type Namespacer interface {
	CreateNamespace(ctx context.Context, c engine.Call, name, description string, q rows.Quotas) (*fsm.NamespaceAnswer, engine.Answered, error)
	SetNamespace(ctx context.Context, c engine.Call, name string, description *string, change fsm.QuotaChange) (*fsm.NamespaceAnswer, engine.Answered, error)
	DeleteNamespace(ctx context.Context, c engine.Call, name string) (*fsm.NamespaceAnswer, engine.Answered, error)
	Namespace(ctx context.Context, rd engine.Read, name string) (*engine.Namespace, error)
	Namespaces(ctx context.Context, rd engine.Read, prefixes []string, limit int, cursor string) ([]rows.Namespace, string, uint64, error)
	// NamespaceSince returns since which index this node's state has a namespace; 0 = it has none
	// of that name.
	NamespaceSince(name string) uint64
}

// enterNamespace finds out which namespace a call is of, and which of the caller's grants hold
// there. Whether it exists is asked later, once it is known that the caller may ask.
func (x *exchange) enterNamespace() error {
	if x.route.open {
		return nil
	}
	if x.route.beyond {
		here := x.caller.grants.Everywhere(x.route.needs.of == ofAny || x.route.needs.of == ofSpaces || x.route.needs.of == ofSpace)
		x.caller.here = &here
		return nil
	}
	names := x.r.Header[wire.HeaderNamespace]
	switch {
	case len(names) > 1:
		return invalid(wire.HeaderNamespace, "is given %d times", len(names))
	case len(names) == 1 && names[0] != "":
		if err := namespace.Check(names[0]); err != nil {
			return invalid(wire.HeaderNamespace, "%v", err)
		}
		x.space = namespace.Known(names[0])
	}
	here := x.caller.grants.In(namespace.Shown(x.space))
	x.caller.here = &here
	return nil
}

// findNamespace refuses a call of a namespace that does not exist. A node that may not know it yet
// asks the leader how far the state is.
func (x *exchange) findNamespace() error {
	if x.space == "" {
		return nil
	}
	s := x.server
	if x.since = s.cfg.Namespacer.NamespaceSince(x.space); x.since == 0 && !s.cfg.Cluster.IsLeader() {
		if err := s.fresh.confirm(x.r.Context()); err == nil {
			x.since = s.cfg.Namespacer.NamespaceSince(x.space)
		}
	}
	if x.since == 0 {
		return &fsm.NoNamespace{Name: x.space}
	}
	return nil
}

// context is the context of the call's handler.
func (x *exchange) context(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	if x.route.open || x.route.beyond {
		return ctx
	}
	return namespace.With(ctx, x.space)
}

// namespaceRoutes adds the routes of namespaces.
func (s *Server) namespaceRoutes() {
	add(s, route{method: "POST", path: "/v1/namespaces", id: "create_namespace", summary: "Create a namespace", needs: needs(ofAll, grant.Admin), group: "Namespaces", status: http.StatusCreated, leader: true, write: true, beyond: true,
		limit: smallBody, body: new(wire.NamespaceSpec)}, s.createNamespace)
	add(s, route{method: "GET", path: "/v1/namespaces", id: "namespaces", summary: "List namespaces", needs: needs(ofSpaces, grant.Admin), group: "Namespaces", leader: true, beyond: true}, s.namespaces)
	add(s, route{method: "GET", path: "/v1/namespaces/{name}", id: "namespace", summary: "Show a namespace, and what it has", needs: needs(ofSpace, grant.Admin), group: "Namespaces", leader: true, beyond: true}, s.namespace)
	add(s, route{method: "PUT", path: "/v1/namespaces/{name}", id: "set_namespace", summary: "Change a namespace", needs: needs(ofAll, grant.Admin), group: "Namespaces", leader: true, write: true, beyond: true,
		limit: smallBody, body: new(wire.NamespaceChange)}, s.setNamespace)
	add(s, route{method: "DELETE", path: "/v1/namespaces/{name}", id: "delete_namespace", summary: "Delete a namespace that holds nothing", needs: needs(ofAll, grant.Admin), group: "Namespaces", leader: true, write: true, beyond: true}, s.deleteNamespace)
}

func namespaceOf(n *rows.Namespace) wire.Namespace {
	return wire.Namespace{
		Name: n.Name, Description: n.Description, Quotas: wire.NamespaceQuotas(n.Quotas), CreatedIndex: n.Index, CreatedAt: timeOf(n.At), CreatedBy: n.By,
	}
}

var defaultNamespace = wire.Namespace{Name: namespace.Default}

type newNamespaceInput struct{ Keyed }

func (s *Server) createNamespace(ctx context.Context, _ *newNamespaceInput) (*answer[wire.NamespaceAnswer], error) {
	var r wire.NamespaceSpec
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	keep, err := keptFor(r.Retention)
	if err != nil {
		return nil, err
	}
	var q rows.Quotas
	if r.Quotas != nil {
		q = rows.Quotas(*r.Quotas)
	}
	n, a, err := s.cfg.Namespacer.CreateNamespace(ctx, c, r.Name, r.Description, q)
	return s.namespaceChanged(ctx, c, n, a, err, keep)
}

type oneNamespaceInput struct {
	Keyed
	Name string `path:"name" doc:"Of the namespace"`
}

func (s *Server) setNamespace(ctx context.Context, in *oneNamespaceInput) (*answer[wire.NamespaceAnswer], error) {
	var r wire.NamespaceChange
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	keep, err := keptFor(r.Retention)
	if err != nil {
		return nil, err
	}
	if in.Name == namespace.Default {
		return nil, invalid("name", "is default, which has no quotas and cannot be changed")
	}
	quotas := fsm.QuotaChange{OpenRuns: r.OpenRuns, StartsPerSecond: r.StartsPerSecond, StateBytes: r.StateBytes}
	n, a, err := s.cfg.Namespacer.SetNamespace(ctx, c, in.Name, r.Description, quotas)
	return s.namespaceChanged(ctx, c, n, a, err, keep)
}

// keptFor reads a retention; nil = none is named.
func keptFor(text string) (*time.Duration, error) {
	if text == "" {
		return nil, nil
	}
	d, err := duration("retention", text)
	if at := history.Duration(d); err == nil && at != 0 && (at < fsm.MinRetention || at > fsm.MaxRetention) {
		err = invalid("retention", "is %s; 0s (for ever) and %s to %s are allowed", d, fsm.MinRetention, fsm.MaxRetention)
	}
	return &d, err
}

// namespaceChanged answers with a namespace. The rule for its types is set behind it, under a key
// that follows from the call's: repeating the call sets it, if the answer was lost in between, and
// does not set it again over a later one.
func (s *Server) namespaceChanged(ctx context.Context, c engine.Call, n *fsm.NamespaceAnswer, a engine.Answered, err error, keep *time.Duration) (*answer[wire.NamespaceAnswer], error) {
	if err != nil {
		return nil, refused(a, err)
	}
	if keep != nil {
		rule := engine.Call{Actor: c.Actor, Only: &fsm.Scope{Space: n.Namespace.Name}}
		if c.Request != nil {
			sum := sha256.Sum256([]byte(c.Request.ID))
			behind := *c.Request
			behind.ID, rule.Request = "retention/"+hex.EncodeToString(sum[:]), &behind
		}
		set, err := s.cfg.Retainer.SetRetention(namespace.With(ctx, n.Namespace.Name), rule, namespace.Qualify(n.Namespace.Name, ""), *keep)
		if err != nil {
			return nil, err
		}
		a.Index = max(a.Index, set.Index)
	}
	return &answer[wire.NamespaceAnswer]{Index: a.Index, Body: wire.NamespaceAnswer{Namespace: namespaceOf(&n.Namespace), Answered: answered(a)}}, nil
}

func (s *Server) deleteNamespace(ctx context.Context, in *oneNamespaceInput) (*answer[wire.NamespaceAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	if in.Name == namespace.Default {
		return nil, invalid("name", "is default, which is always there")
	}
	n, a, err := s.cfg.Namespacer.DeleteNamespace(ctx, c, in.Name)
	return s.namespaceChanged(ctx, c, n, a, err, nil)
}

type namespaceInput struct {
	Fresh
	Name string `path:"name" doc:"Of the namespace"`
}

func (s *Server) namespace(ctx context.Context, in *namespaceInput) (*answer[wire.NamespaceShown], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	if in.Name == namespace.Default {
		_, _, index, err := s.cfg.Namespacer.Namespaces(ctx, rd, nil, 1, "")
		return &answer[wire.NamespaceShown]{Index: index, LeaderContact: s.contact(rd), Body: wire.NamespaceShown{Namespace: defaultNamespace, Indexed: at(index)}}, err
	}
	n, err := s.cfg.Namespacer.Namespace(ctx, rd, in.Name)
	if err != nil {
		return nil, err
	}
	body := wire.NamespaceShown{Namespace: namespaceOf(&n.Namespace), Use: &wire.NamespaceUse{Runs: n.Use.Runs, OpenRuns: n.Use.Open, StateBytes: n.Use.Bytes}, Indexed: at(n.Index)}
	return &answer[wire.NamespaceShown]{Index: n.Index, LeaderContact: s.contact(rd), Body: body}, nil
}

// beforeNames is the cursor of a list of which only default has been shown: it precedes all names.
const beforeNames = "-"

type namespacesInput struct {
	Fresh
	Paged
}

func (s *Server) namespaces(ctx context.Context, in *namespacesInput) (*answer[wire.Namespaces], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	set := exchangeOf(ctx).caller.grants
	prefixes := set.Spaces(grant.Admin)
	first := in.Cursor == "" && set.ReachesSpace(grant.Admin, namespace.Default) // default begins the list
	limit := in.Limit
	if first && limit > 1 {
		limit--
	}
	page, next, index, err := s.cfg.Namespacer.Namespaces(ctx, rd, prefixes, limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	if first && in.Limit == 1 && len(page) > 0 {
		page, next = nil, beforeNames
	}
	body := wire.Namespaces{Namespaces: []wire.Namespace{}, NextCursor: next, Indexed: at(index)}
	if first {
		body.Namespaces = append(body.Namespaces, defaultNamespace)
	}
	for i := range page {
		body.Namespaces = append(body.Namespaces, namespaceOf(&page[i]))
	}
	return &answer[wire.Namespaces]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}
