package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/engine/calendar"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/namespace"
)

// DeployRequest asks for several changes in one step.
type DeployRequest struct {
	Call
	Changes []ChangeRequest
	Expect  []catalog.Expect // conditions on routes, before the first change
	Message string           // for the deploy history
	DryRun  bool             // say what would happen, change nothing; uses no request id
}

// ChangeRequest is one change; Op decides which of the other fields are read.
type ChangeRequest struct {
	Op       string
	Archive  catalog.Digest        // load: of an archive that was stored
	Route    bool                  // load: point the routes of all members at it
	Gate     string                // load: "" or GateOpen
	Signed   []signature.Signature // load: of the archive's version
	Type     string                // route, unroute, unload, canary
	Version  string                // route, unload, canary
	Schedule rows.Schedule         // schedule
	Canary   fsm.SetCanary         // canary: share, key, thresholds and time
}

// The ops of changes.
const (
	OpLoad     = "load"
	OpRoute    = "route"
	OpUnroute  = "unroute"
	OpUnload   = "unload"
	OpSchedule = "schedule"
	OpCanary   = "canary"
)

// DeployTogether makes several changes in one entry, in order, all or none. Archives are checked
// again, and stored on a majority anew, before the entry that names them is proposed. A dry run
// answers with a plan, too.
func (e *Engine) DeployTogether(ctx context.Context, r DeployRequest) (*fsm.DeployAnswer, *Plan, Answered, error) {
	if err := r.validate(e.limits); err != nil {
		return nil, nil, Answered{}, err
	}
	if r.DryRun {
		r.Request = nil
	}
	if level := r.level(); level > 0 {
		if err := e.atLevel(level); err != nil {
			return nil, nil, Answered{}, err
		}
	}
	if res, ok, err := e.firstOutcome(r.Call); err != nil {
		return nil, nil, Answered{}, err
	} else if ok {
		answer, a, err := outcome[*fsm.DeployAnswer](r.Call, res)
		return r.complete(answer), nil, a, err
	}
	began := time.Now()
	d := &deployment{e: e, r: &r, cmd: &fsm.Deploy{Expect: r.Expect, Message: r.Message}}
	if err := d.prepare(ctx); err != nil {
		return nil, nil, Answered{}, err
	}
	if r.DryRun {
		return d.dryRun(ctx)
	}
	if age := time.Since(began); age > putAge {
		return nil, nil, Answered{}, &Unavailable{Why: fmt.Sprintf("storing the archives took %s; nothing was proposed", age)}
	}
	for range rechecks {
		answer, a, err := d.propose(ctx)
		e.canaryChanged()
		if _, again := errors.AsType[*fsm.Recheck](err); !again {
			return r.complete(answer), nil, a, err
		}
	}
	return nil, nil, Answered{}, &Unavailable{Why: fmt.Sprintf("schedules fired %d times while they were being replaced", rechecks)}
}

// level is the level of the state that the deployment needs. A plan of what older levels know needs
// none.
func (r *DeployRequest) level() uint64 {
	switch {
	case slices.ContainsFunc(r.Changes, func(c ChangeRequest) bool { return len(c.Signed) > 0 }):
		return signedLevel
	case slices.ContainsFunc(r.Changes, func(c ChangeRequest) bool { return c.Op == OpCanary }):
		return 2
	case r.DryRun:
		return 0
	}
	return 1
}

func (r *DeployRequest) validate(l Limits) error {
	if err := r.Call.validate(); err != nil {
		return err
	}
	if err := checkText("message", r.Message, MaxMessage); err != nil {
		return err
	}
	if n := len(r.Changes); n < 1 || n > l.Changes {
		return invalid("changes", "has %d items; 1 to %d are allowed (deploy.max_changes)", n, l.Changes)
	}
	if len(r.Expect) > catalog.MaxMembers {
		return invalid("expect.routes", "has %d conditions, the limit is %d", len(r.Expect), catalog.MaxMembers)
	}
	for _, x := range r.Expect {
		if err := checkType("expect.routes", x.Type); err != nil {
			return err
		}
		if bad := (*catalog.InvalidInput)(nil); errors.As(x.Validate(), &bad) {
			return invalid("expect.routes."+x.Type, "%s", bad.Reason)
		}
	}
	return nil
}

// deployment is one deployment on its way into the log.
type deployment struct {
	e         *Engine
	r         *DeployRequest
	cmd       *fsm.Deploy
	manifests []manifestOf         // of the archives that it loads, in order
	calendars []*calendar.Calendar // by change; nil = it puts no schedule
	gates     []*gate              // of the archives that it loads behind one
	bytes     int
}

// propose proposes the command, once what stands behind gates is proven.
func (d *deployment) propose(ctx context.Context) (answer *fsm.DeployAnswer, a Answered, err error) {
	try := func() error {
		d.schedule()
		answer, a, err = propose[*fsm.DeployAnswer](ctx, d.e, d.r.Call, d.cmd)
		return err
	}
	if len(d.gates) == 0 {
		err = try()
	} else if err = d.e.atLevel(2); err == nil {
		err = d.e.throughGates(ctx, d.gates, try)
	}
	return answer, a, err
}

type manifestOf struct {
	cmd      *fsm.LoadPackage
	pkg      catalog.Package
	manifest catalog.Manifest
}

// prepare makes the command: everything that can be refused before the log is.
func (d *deployment) prepare(ctx context.Context) error {
	for _, x := range d.r.Expect { // what a condition is refused with tells the route
		if !d.r.Only.HasType(x.Type) {
			typ := clip.Short(namespace.Bare(x.Type))
			return &Forbidden{Grant: "deploy:type=" + typ, What: fmt.Sprintf("a condition on the route of the workflow type %q", typ)}
		}
	}
	for i := range d.r.Changes {
		asked := &d.r.Changes[i]
		change, cal, err := d.change(ctx, asked)
		if err == nil {
			if d.bytes += changeBytes(&change); d.bytes > d.e.limits.ChangeBytes {
				err = invalid("changes", "bring %d bytes of manifests and inputs into the log so far, the limit is %d (deploy.max_change_bytes)", d.bytes, d.e.limits.ChangeBytes)
			}
		}
		if refusal, ok := errors.AsType[fsm.Refusal](err); ok && err != nil {
			return &ChangeError{Change: i, Op: asked.Op, Reason: refusal}
		}
		if err != nil {
			return err
		}
		d.cmd.Changes, d.calendars = append(d.cmd.Changes, change), append(d.calendars, cal)
	}
	return nil
}

// change makes one change. Each op has a function of its own.
func (d *deployment) change(ctx context.Context, r *ChangeRequest) (c fsm.Change, cal *calendar.Calendar, err error) {
	if err := d.allows(r); err != nil {
		return c, nil, err
	}
	switch r.Op {
	case OpLoad:
		c.Load, err = d.load(ctx, r)
	case OpRoute:
		c.Route = &fsm.RouteType{Type: r.Type, Version: r.Version, Message: d.r.Message}
		err = checkDeploy(r.Type, r.Version, "", "")
	case OpUnroute:
		c.Unroute = &fsm.UnrouteType{Type: r.Type, Message: d.r.Message}
		err = checkDeploy(r.Type, "", "", "")
	case OpUnload:
		c.Unload = &fsm.UnloadVersion{Type: r.Type, Version: r.Version, Message: d.r.Message}
		err = checkDeploy(r.Type, r.Version, "", "")
	case OpSchedule:
		c.Schedule, cal, err = d.putSchedule(ctx, r)
	case OpCanary:
		cmd := r.Canary
		cmd.Type, cmd.Version, cmd.Message = r.Type, r.Version, d.r.Message
		c.Canary = &cmd
		err = prepareCanary(c.Canary)
	default:
		err = invalid("op", "%q is not known to this build; there are %s, %s, %s, %s, %s and %s", r.Op, OpLoad, OpRoute, OpUnroute, OpUnload, OpSchedule, OpCanary)
	}
	return c, cal, err
}

// allows refuses a change that a caller with limits may not make. What an unload removes, and what
// a schedule was before, only the state knows: they have operations of their own, which look there.
func (d *deployment) allows(r *ChangeRequest) error {
	switch only := d.r.Only; {
	case !only.Limited() || r.Op == OpLoad: // load looks into the archive
		return nil
	case r.Op == OpUnload || r.Op == OpSchedule:
		return &Forbidden{Grant: "deploy", What: "the change " + r.Op + " among others"}
	default:
		return mayDeploy(only, []string{r.Type})
	}
}

// load opens a stored archive, checks it as a deploy does, and stores it anew, so that a majority
// has it for as long as the entry takes that names it.
func (d *deployment) load(ctx context.Context, r *ChangeRequest) (*fsm.LoadPackage, error) {
	data, err := d.e.cfg.Blobs.Get(ctx, r.Archive)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, &ArchiveNotStored{Archive: r.Archive, Why: err.Error()}
	}
	archive, err := d.e.openAndCheck(ctx, data)
	if err != nil {
		return nil, err
	}
	pkg := archive.Package().In(namespace.Asked(ctx))
	if err := mayDeploy(d.r.Only, pkg.Types()); err != nil {
		return nil, err
	}
	cmd := &fsm.LoadPackage{Package: pkg, Route: r.Route, Message: d.r.Message, Signatures: r.Signed}
	if err := checkGate(r.Gate, r.Route); err != nil {
		return nil, err
	}
	if r.Gate != "" {
		g, err := d.e.newGate(ctx, cmd, archive, len(d.cmd.Changes))
		if err == nil {
			_, err = g.pass(ctx, d.e.backtests.share) // before the archive is stored, for it may take long
		}
		if err != nil {
			return nil, err
		}
		d.gates = append(d.gates, g)
	}
	if !d.r.DryRun {
		if _, err := d.e.storeArchive(ctx, data); err != nil {
			return nil, err
		}
	}
	d.manifests = append(d.manifests, manifestOf{cmd, pkg, archive.Manifest})
	return cmd, nil
}

// putSchedule checks a schedule, its input against the schema of the version that it would start
// after the changes before it.
func (d *deployment) putSchedule(ctx context.Context, r *ChangeRequest) (*fsm.PutSchedule, *calendar.Calendar, error) {
	s, cal, err := d.e.checkSchedule(r.Schedule)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(d.e.knowsSchedule(&s), fires(&s, cal, d.e.now())); err != nil {
		return nil, nil, err
	}
	var routed *catalog.Package
	d.e.cfg.Log.View(func(v fsm.View) {
		if _, after, refusal := d.cmd.Rehearse(v); refusal == nil {
			_, routed, _, _ = after.ResolveFor(s.Type, fsm.StartLot(s.ID, s.Attributes))
		}
	})
	if routed != nil {
		if violation, err := d.e.violation(ctx, routed, s.Type, s.Filled(s.Input, cal.Next(d.e.now()))); err != nil || violation != nil {
			return nil, nil, errors.Join(err, violation)
		}
	}
	return &fsm.PutSchedule{Schedule: s, Apart: true}, cal, nil
}

// schedule sets when the schedules fire next, as of now.
func (d *deployment) schedule() {
	for i, cal := range d.calendars {
		if s := d.cmd.Changes[i].Schedule; s != nil && !s.Schedule.Paused {
			s.Schedule.Next = cal.Next(d.e.now())
		}
	}
}

// dryRun answers what the deployment would do now, and plans.
func (d *deployment) dryRun(ctx context.Context) (answer *fsm.DeployAnswer, plan *Plan, a Answered, err error) {
	d.schedule()
	var refusal fsm.Refusal
	readErr := d.e.read(ctx, Read{}, func(v fsm.View) {
		a.Index = v.Index()
		var after *catalog.Catalog
		if answer, after, refusal = d.cmd.Rehearse(v); refusal == nil {
			plan = d.plan(v, after, answer)
		}
	})
	if readErr != nil {
		return nil, nil, a, readErr
	}
	if refusal != nil {
		return nil, nil, a, refusal
	}
	if err := d.e.planSchedules(ctx, plan); err != nil {
		return nil, nil, a, err
	}
	return d.r.complete(answer), plan, a, nil
}

// complete adds to an answer what answers leave out because it may be large: the schedules' inputs
// and attributes.
func (r *DeployRequest) complete(answer *fsm.DeployAnswer) *fsm.DeployAnswer {
	if answer == nil {
		return nil
	}
	for i := range answer.Changes {
		if s := answer.Changes[i].Schedule; s != nil {
			s.Schedule.Input, s.Schedule.Attributes = r.Changes[i].Schedule.Input, r.Changes[i].Schedule.Attributes
		}
	}
	return answer
}

// changeBytes is what a change brings into the log that is not small.
func changeBytes(c *fsm.Change) (n int) {
	if c.Load != nil {
		p := &c.Load.Package
		n += len(p.Description)
		for name, value := range p.Labels { // a sum: the order does not matter
			n += len(name) + len(value)
		}
		for i := range p.Members {
			n += len(p.Members[i].Type) + len(p.Members[i].EntryModule) + len(p.Members[i].EntryFunction)
		}
	}
	if c.Schedule != nil {
		n += len(c.Schedule.Schedule.Input)
		for name, value := range c.Schedule.Schedule.Attributes {
			n += len(name) + len(value)
		}
	}
	return n
}

// violation returns how an input does not fit the schema of a type in a package; nil = it fits.
func (e *Engine) violation(ctx context.Context, pkg *catalog.Package, typ string, input history.Payload) (violation, err error) {
	member, ok := pkg.Member(typ)
	if !ok || member.InputSchema.IsZero() {
		return nil, nil
	}
	return e.violates(ctx, startsOn{pkg, member}, input)
}
