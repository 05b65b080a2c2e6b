package engine

import (
	"context"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/rewind"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// rewoundMost bounds the turns of one page: each has the variables of the code.
const rewoundMost = 100

// Rewound is a page of what a run did, turn by turn.
type Rewound struct {
	WorkflowID string
	RunID      history.RunID
	Version    catalog.Version // whose code it was replayed on: the run's
	Steps      []*rewind.Step
	Turns      uint64 // that the run has
	Next       uint64 // where the next page starts; 0 = there is none so far
	Index      uint64
}

// Rewind replays a run's turns from the first one on, on the version that the run is on or on
// another one that is loaded, and shows limit of them, from turn from on. Nothing happens to the
// run. It takes as long as a query may.
func (e *Engine) Rewind(ctx context.Context, rd Read, ref fsm.RunRef, on string, from uint64, limit int) (*Rewound, error) {
	if err := checkRef(ref); err != nil {
		return nil, err
	}
	if limit < 0 || limit > rewoundMost {
		return nil, invalid("limit", "is %d; want 1 to %d", limit, rewoundMost)
	}
	if limit == 0 {
		limit = 20
	}
	from = max(from, 1)
	late := &QueryTimeout{WorkflowID: ref.WorkflowID, Limit: e.limits.QueryTimeout}
	ctx, cancel := context.WithTimeoutCause(ctx, e.limits.QueryTimeout, late)
	defer cancel()
	page := &Rewound{Steps: []*rewind.Step{}}
	var run rows.Run
	var pkg *catalog.Package
	var rec rewind.Record
	var reopened []history.Event
	var err error
	readErr := e.read(ctx, rd, func(v fsm.View) {
		page.Index = v.Index()
		if _, err = rd.find(v, ref); err == nil {
			run, pkg, err = runnableOn(v, ref, on)
		}
	})
	switch {
	case readErr != nil:
		return nil, readErr
	case err != nil:
		return nil, err
	case from > run.Turns+1:
		return nil, invalid("from", "is %d, but the run has taken %d turns", from, run.Turns)
	}
	late.RunID = run.RunID
	page.WorkflowID, page.RunID, page.Version, page.Turns = run.WorkflowID, run.RunID, namespace.Version(spaceOf(&run), pkg.Content()), run.Turns
	if err := rd.room(int64(run.Bytes)); err != nil {
		return nil, err
	}
	last := min(run.Turns, from+uint64(limit)-1)
	e.cfg.Log.View(func(v fsm.View) {
		rec.Events = history.BareEvents(spaceOf(&run), eventsUpTo(v, run.RunID, 1, run.Events))
		rec.Turns = v.Turns(run.RunID, 1, int(last))
		for _, seq := range run.Reopened {
			reopened = append(reopened, history.BareEvents(spaceOf(&run), v.Events(run.RunID, seq, 1))...)
		}
	})
	if uint64(len(rec.Turns)) < last || len(rec.Events) == 0 {
		return nil, &fsm.NotFound{WorkflowID: ref.WorkflowID, RunID: run.RunID} // it was deleted meanwhile
	}
	if last < from {
		return page, nil
	}
	return page, causeOf(ctx, e.rewind(ctx, page, run, pkg, rec, reopened, from))
}

// runnableOn is runnable, with the package of another version if on names one.
func runnableOn(v fsm.View, ref fsm.RunRef, on string) (run rows.Run, pkg *catalog.Package, err error) {
	if on == "" {
		return runnable(v, ref)
	}
	if run, err = find(v, ref); err != nil {
		return run, nil, err
	}
	version, err := v.Catalog().Find(on)
	if err != nil {
		return run, nil, inField("on", err)
	}
	pkg, _ = v.Catalog().Package(version)
	if _, ok := pkg.Member(run.Type); !ok {
		return run, nil, invalid("on", "names a version that has no workflow type %s", namespace.Bare(run.Type))
	}
	return run, pkg, nil
}

// rewind replays the turns of the record and keeps those from from on.
func (e *Engine) rewind(ctx context.Context, page *Rewound, run rows.Run, pkg *catalog.Package, rec rewind.Record, reopened []history.Event, from uint64) error {
	program, err := e.programs.load(ctx, pkg)
	var archive *catalog.Archive
	if err == nil {
		archive, err = e.programs.archive(ctx, pkg)
	}
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return &Unavailable{Why: fmt.Sprintf("the code of version %s is not available on this node: %v", pkg.Content().Short(), err)}
	}
	member, ok := pkg.Member(run.Type)
	if !ok {
		return &catalog.VersionUnavailable{Type: run.Type, Version: pkg.Content()}
	}
	if err := e.queries.cpus.acquire(ctx, run.Type); err != nil {
		return err
	}
	defer e.queries.cpus.release()
	m, err := replay.New(replay.Config{Program: program, Member: bareMember(member), Version: page.Version, Limits: e.limits.Runtime, Trace: true}, rec.Events[0], reopened...)
	if err != nil {
		return err
	}
	defer m.Close()
	files := catalog.SourceFiles(archive.Modules)
	r := rewind.New(rec, m, func(f rewind.Frame) string { return files[f.File()] })
	if err := r.Skip(ctx, int(from-1)); err != nil {
		return err
	}
	for r.Done() < len(rec.Turns) {
		step, err := r.Next(ctx)
		if err != nil {
			return err
		}
		page.Steps = append(page.Steps, step)
	}
	if last := uint64(len(rec.Turns)); last < run.Turns {
		page.Next = last + 1
	}
	return nil
}
