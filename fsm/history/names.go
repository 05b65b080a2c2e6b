package history

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/namespace"
)

// Histories are stored with the names and versions of their run's namespace as the state has them.
// Code, workers and callers of the namespace see them bare.

// Bare returns an event's data as it is seen within a namespace. d is not changed.
func Bare(space string, d Data) Data {
	return renamed(d, space == "", namespace.Bare, func(v catalog.Version) catalog.Version { return namespace.Version(space, v) })
}

// Qualified is the reverse of Bare, for what code of a namespace asks for.
func Qualified(space string, d Data) Data {
	return renamed(d, space == "", func(name string) string { return namespace.Qualify(space, name) },
		func(v catalog.Version) catalog.Version { return namespace.Version(space, v) })
}

// BareEvents is Bare for events. It returns list itself if there is nothing to change.
func BareEvents(space string, list []Event) []Event {
	for i, e := range list {
		if d := Bare(space, e.Data); d != e.Data {
			bare := append([]Event(nil), list...)
			bare[i].Data = d
			for j := i + 1; j < len(bare); j++ {
				bare[j].Data = Bare(space, bare[j].Data)
			}
			return bare
		}
	}
	return list
}

// QualifiedAll is Qualified for all that a turn asks for. The result is the caller's.
func QualifiedAll(space string, list []Data) []Data {
	all := make([]Data, len(list))
	for i, d := range list {
		all[i] = Qualified(space, d)
	}
	return all
}

// renamed returns a copy with every name and version replaced. With own, only names that begin with
// a mark are not what they are stored as, and few have one: then d itself is returned.
func renamed(d Data, own bool, name func(string) string, version func(catalog.Version) catalog.Version) Data {
	stays := func(names ...string) bool {
		for _, n := range names {
			if n != "" && n[0] == '!' {
				return false
			}
		}
		return own
	}
	some := func(n string) string {
		if n == "" {
			return ""
		}
		return name(n)
	}
	switch e := d.(type) {
	case *WorkflowStarted:
		if stays(e.WorkflowID, e.WorkflowType, e.Schedule) {
			return d
		}
		c := *e
		c.WorkflowID, c.WorkflowType, c.Version, c.Schedule = name(e.WorkflowID), name(e.WorkflowType), version(e.Version), some(e.Schedule)
		if e.Parent != nil {
			parent := *e.Parent
			parent.WorkflowID = name(parent.WorkflowID)
			c.Parent = &parent
		}
		if e.Root != nil {
			root := *e.Root
			root.WorkflowID = name(root.WorkflowID)
			c.Root = &root
		}
		return &c
	case *WorkflowContinuedAsNew:
		if own {
			return d
		}
		c := *e
		c.Version = version(e.Version)
		return &c
	case *WorkflowMoved:
		if own {
			return d
		}
		c := *e
		c.From, c.To = version(e.From), version(e.To)
		return &c
	case *WorkflowReset:
		if stays(e.WorkflowID, e.OfWorkflowID) {
			return d
		}
		c := *e
		c.WorkflowID, c.OfWorkflowID = name(e.WorkflowID), name(e.OfWorkflowID)
		if e.Parent != nil {
			parent := *e.Parent
			parent.WorkflowID = name(parent.WorkflowID)
			c.Parent = &parent
		}
		return &c
	case *ActivityScheduled:
		if stays(e.Queue) {
			return d
		}
		c := *e
		c.Queue = name(e.Queue)
		return &c
	case *SignalSent:
		if stays(e.WorkflowID) {
			return d
		}
		c := *e
		c.WorkflowID = name(e.WorkflowID)
		return &c
	case *CancelSent:
		if stays(e.WorkflowID) {
			return d
		}
		c := *e
		c.WorkflowID = name(e.WorkflowID)
		return &c
	case *ResultAwaited:
		if stays(e.WorkflowID) {
			return d
		}
		c := *e
		c.WorkflowID = name(e.WorkflowID)
		return &c
	case *ChildWorkflowStarted:
		if stays(e.WorkflowID, e.WorkflowType) {
			return d
		}
		c := *e
		c.WorkflowID, c.WorkflowType, c.Version = name(e.WorkflowID), name(e.WorkflowType), version(e.Version)
		return &c
	}
	return d
}
