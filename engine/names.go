package engine

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// WorkflowIDs returns the workflow ids of runs, in the given order, from this node's current state;
// "" for a run that is deleted, or not yet known here.
func (e *Engine) WorkflowIDs(ids []history.RunID) []string {
	names := make([]string, len(ids))
	if len(ids) == 0 {
		return names
	}
	e.cfg.Log.View(func(v fsm.View) {
		for i, id := range ids {
			run, _ := v.Run(id)
			names[i] = run.WorkflowID
		}
	})
	return names
}

// Where code runs, names are bare and versions are content hashes, whatever the namespace of the
// run: histories are stripped before a machine sees them, and what a turn asks for is qualified
// with the namespace of its run before anything is made of it.

// spaceOf is the namespace of a run.
func spaceOf(run *rows.Run) string { return namespace.Of(run.WorkflowID) }

// qualified is a step whose requests are of the run's namespace. The machine keeps its own.
func qualified(run *rows.Run, step *replay.Step) *replay.Step {
	s := *step
	s.Asked = history.QualifiedAll(spaceOf(run), step.Asked)
	return &s
}

// bareMember is a member of a package as its manifest has it.
func bareMember(m *catalog.Member) catalog.Member {
	bare := *m
	bare.Type = namespace.Bare(m.Type)
	return bare
}

// bareTypes are the types of a package as its manifest has them.
func bareTypes(types []string) []string {
	bare := make([]string, len(types))
	for i, typ := range types {
		bare[i] = namespace.Bare(typ)
	}
	return bare
}

// within is the scope of what a node does by itself to what is of one namespace.
func within(space string) *fsm.Scope {
	if space == "" {
		return nil
	}
	return &fsm.Scope{Space: space}
}
