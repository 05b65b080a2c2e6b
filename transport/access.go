package transport

import (
	"fmt"
	"strings"

	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/namespace"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// access is what a route asks of its callers: all of some kinds of grants, which reach what the
// call is about. A route without one cannot be added.
type access struct {
	kinds []grant.Kind
	of    subject
}

// subject is what a call is about, as far as grants are limited by it.
type subject int

// The subjects.
const (
	ofNobody    subject = iota + 1 // the caller itself: any caller will do
	ofAll                          // everything there is: only grants without limit reach it
	ofAny                          // nothing in particular: any grant of the kinds reaches it
	ofType                         // the workflow type in the path
	ofTypeAsked                    // the workflow type in the query; everything without one
	ofVersion                      // all workflow types of the version in the path
	ofRun                          // the type of the run: one of another type looks as if it did not exist
	ofSchedule                     // the type of the schedule, likewise
	ofQueue                        // the queue in the path
	ofQueueSeen                    // likewise, and work on the queue is enough to see it
	ofTasks                        // the queue of each task
	ofSpaces                       // all namespaces: any grant of the kind reaches it, and its handler shows what that reaches
	ofSpace                        // the namespace in the path
	ofBody                         // what the body names: its handler looks, by exchange.may
)

// needs says what a route asks for.
func needs(of subject, kinds ...grant.Kind) access { return access{kinds, of} }

// authorize refuses a call that the caller's grants do not reach. It also notes what the command or
// read that follows may touch, where only the state can tell.
func (x *exchange) authorize() error {
	err := x.allowed()
	x.only = x.within(x.only)
	return err
}

// within is a scope, of bare prefixes, within the namespace of the call.
func (x *exchange) within(only *fsm.Scope) *fsm.Scope {
	if x.space == "" {
		return only
	}
	in := &fsm.Scope{Space: x.space}
	if only == nil {
		return in
	}
	for _, p := range only.Types {
		in.Types = append(in.Types, x.name(p))
	}
	for _, p := range only.Queues {
		in.Queues = append(in.Queues, x.name(p))
	}
	if len(in.Types)+len(in.Queues) == 0 { // it reaches nothing
		in.Types = []string{x.name("!")}
	}
	return in
}

func (x *exchange) allowed() error {
	c, a := &x.caller, x.route.needs
	if c.allowed != nil {
		if x.route.write && !x.route.ephemeral {
			return c.onlyEphemeral()
		}
		if x.route.write {
			return nil // its handler refuses what goes beyond
		}
	}
	if c.first && !x.route.bootstraps {
		return c.lacks(grant.Admin, "")
	}
	if a.of == ofNobody {
		return nil
	}
	if a.of == ofQueueSeen && c.reach(grant.Work).Queue(x.pathQueue()) {
		return nil
	}
	for _, k := range a.kinds {
		r := c.reach(k)
		if r == nil {
			return c.lacks(k, "")
		}
		if r.All {
			continue
		}
		if err := x.reaches(k, r, a.of); err != nil {
			return err
		}
	}
	return nil
}

// reaches is authorize for one grant that has limits.
func (x *exchange) reaches(k grant.Kind, r *grant.Reach, of subject) error {
	c := &x.caller
	switch of {
	case ofAny, ofSpaces:
	case ofSpace:
		if name := x.r.PathValue("name"); !c.grants.ReachesSpace(k, name) {
			return c.lacks(k, "namespace="+clip(name))
		}
	case ofBody:
		if len(r.Types) == 0 {
			return c.lacks(k, "")
		}
		if k == grant.Deploy {
			x.only = &fsm.Scope{Types: r.Types}
		}
	case ofAll, ofQueueSeen:
		return c.lacks(k, "")
	case ofType:
		if typ := x.r.PathValue("type"); !r.Type(typ) {
			return c.lacks(k, "type="+typ)
		}
	case ofTypeAsked:
		if typ := x.query.Get("type"); typ == "" {
			p := c.lacks(k, "")
			p.Hint = "Its grants have limits: name a workflow type within them (type), and only that is listed."
			return p
		} else if !r.Type(typ) {
			return c.lacks(k, "type="+typ)
		}
	case ofVersion:
		typ := x.r.PathValue("type")
		if !r.Type(typ) {
			return c.lacks(k, "type="+typ)
		}
		for _, other := range x.server.cfg.Authority.TypesOf(x.name(typ), namespace.Ref(x.space, x.r.PathValue("version"))) {
			if other = namespace.Bare(other); !r.Type(other) { // it stands or falls with them
				return c.lacks(k, "type="+other)
			}
		}
	case ofQueue:
		if queue := x.pathQueue(); !r.Queue(queue) {
			return c.lacks(k, "queue="+queue)
		}
	case ofRun, ofSchedule:
		if len(r.Types) == 0 {
			return c.lacks(k, "")
		}
		x.limit(r.Types)
	case ofTasks:
		if len(r.Queues) == 0 {
			return c.lacks(k, "")
		}
		x.only = &fsm.Scope{Queues: r.Queues}
	default:
		return c.lacks(k, "")
	}
	return nil
}

// limit notes that the call may touch runs of types with these prefixes only, besides what was
// noted before.
func (x *exchange) limit(prefixes []string) {
	if x.only != nil {
		prefixes = bothPrefixes(x.only.Types, prefixes)
	}
	x.only = &fsm.Scope{Types: prefixes}
}

// bothPrefixes returns prefixes of what has a prefix of each list.
func bothPrefixes(a, b []string) (both []string) {
	for _, p := range a {
		for _, q := range b {
			switch {
			case strings.HasPrefix(p, q):
				both = append(both, p)
			case strings.HasPrefix(q, p):
				both = append(both, q)
			}
		}
	}
	return both
}

// may refuses what the caller's grants of a kind do not reach: runs, versions or schedules of a
// type. Handlers ask it about what they find in a body.
func (x *exchange) may(k grant.Kind, typ string) error {
	if x.caller.allowed != nil || x.caller.reach(k).Type(namespace.Bare(typ)) {
		return nil
	}
	return x.caller.lacks(k, "type="+clip(namespace.Bare(typ)))
}

// scopeOf is what the caller's grants of a kind reach; nil = everything.
func (x *exchange) scopeOf(k grant.Kind) *fsm.Scope {
	r := x.caller.reach(k)
	switch {
	case x.caller.allowed != nil || r.Whole():
		return x.within(nil)
	case r == nil:
		return x.within(&fsm.Scope{})
	}
	return x.within(&fsm.Scope{Types: r.Types, Queues: r.Queues})
}

// lacks is the refusal of a caller without a grant.
func (c *caller) lacks(k grant.Kind, limit string) *wire.Problem {
	need := string(k)
	if limit != "" {
		need += ":" + clip(limit)
	}
	return wire.New("permission_denied", fmt.Sprintf("the token %q may not do that: it needs the grant %s", c.name, need)).
		With("token", c.name).With("needs", need)
}
