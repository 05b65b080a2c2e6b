package fsm

import (
	"aion.dev/aion/internal/namespace"
)

// feedData is what an event of the feed says.
type feedData interface {
	json() []byte
	// bare is the same as people of a namespace see it.
	bare(space string) feedData
}

// spaceOf is the namespace of an event: what its type is of. Events of nodes are of default alone.
func (t *step) spaceOf(data feedData) string {
	if t.level() < 4 {
		return ""
	}
	switch e := data.(type) {
	case packageLoaded:
		return namespace.Of(e.WorkflowType)
	case routeChanged:
		return namespace.Of(e.WorkflowType)
	case versionUnloaded:
		return namespace.Of(e.WorkflowTypes[0])
	case versionDrained:
		return namespace.Of(e.WorkflowTypes[0])
	case canaryChange:
		return namespace.Of(e.Type)
	case stopChange:
		return e.Space
	case deployRefused:
		if e.WorkflowType == "" {
			return t.who.Only.In()
		}
		return namespace.Of(e.WorkflowType)
	case readinessChanged:
		if p, ok := t.s.catalog.Package(e.Version); ok {
			return p.Space()
		}
	}
	return ""
}

func bareNames(names []string) []string {
	bare := make([]string, len(names))
	for i, name := range names {
		bare[i] = namespace.Bare(name)
	}
	return bare
}

func (e packageLoaded) bare(space string) feedData {
	e.Version, e.WorkflowTypes, e.WorkflowType = namespace.Version(space, e.Version), bareNames(e.WorkflowTypes), namespace.Bare(e.WorkflowType)
	return e
}

func (e routeChanged) bare(space string) feedData {
	e.WorkflowType, e.Version, e.Previous = namespace.Bare(e.WorkflowType), namespace.Version(space, e.Version), namespace.Version(space, e.Previous)
	return e
}

func (e versionUnloaded) bare(space string) feedData {
	e.Version, e.WorkflowTypes = namespace.Version(space, e.Version), bareNames(e.WorkflowTypes)
	return e
}

func (e versionDrained) bare(space string) feedData {
	e.Version, e.WorkflowTypes = namespace.Version(space, e.Version), bareNames(e.WorkflowTypes)
	return e
}

func (e canaryChange) bare(space string) feedData {
	e.Type, e.Version = namespace.Bare(e.Type), namespace.Version(space, e.Version)
	return e
}

func (e stopChange) bare(space string) feedData {
	e.Type, e.Version = namespace.Bare(e.Type), namespace.Version(space, e.Version)
	return e
}

func (e deployRefused) bare(space string) feedData {
	e.WorkflowType, e.Version = namespace.Bare(e.WorkflowType), namespace.Ref(space, e.Version)
	if e.refusal != nil {
		e.Detail = Bare(space, e.refusal).Error()
	}
	return e
}

func (e readinessChanged) bare(space string) feedData {
	e.Version = namespace.Version(space, e.Version)
	return e
}

func (e leaderChanged) bare(string) feedData { return e }
func (e memberChanged) bare(string) feedData { return e }

func (e workflowClosed) bare(space string) feedData {
	e.WorkflowID, e.WorkflowType, e.Version = namespace.Bare(e.WorkflowID), namespace.Bare(e.WorkflowType), namespace.Version(space, e.Version)
	return e
}

func (e policyChanged) bare(string) feedData { return e }
