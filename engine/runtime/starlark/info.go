package starlark

import (
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// infoFields are the fields of ctx.info, by name, each with the stage from which turns know it: a
// turn that was made by earlier rules is shown again with the fields that it had.
var infoFields = []struct {
	name  string
	stage int
	of    func(*runtime.Info) starlark.Value
}{
	{"attempt", 0, func(i *runtime.Info) starlark.Value { return starlark.MakeUint64(i.Attempt) }},
	{"continue_suggested", 1, func(i *runtime.Info) starlark.Value { return starlark.Bool(i.Suggested) }},
	{"fire_time", 2, func(i *runtime.Info) starlark.Value { return timeOrNone(i.FireTime) }},
	{"history_bytes", 1, func(i *runtime.Info) starlark.Value { return starlark.MakeUint64(i.Bytes) }},
	{"history_events", 1, func(i *runtime.Info) starlark.Value { return starlark.MakeUint64(i.Events) }},
	{"parent", 1, func(i *runtime.Info) starlark.Value { return link(i.Parent) }},
	{"root", 1, func(i *runtime.Info) starlark.Value { return link(i.Root) }},
	{"run_id", 0, func(i *runtime.Info) starlark.Value { return starlark.String(i.RunID) }},
	{"schedule", 2, func(i *runtime.Info) starlark.Value { return textOrNone(i.Schedule) }},
	{"version", 0, func(i *runtime.Info) starlark.Value { return starlark.String(i.Version) }},
	{"workflow_id", 0, func(i *runtime.Info) starlark.Value { return starlark.String(i.WorkflowID) }},
	{"workflow_type", 0, func(i *runtime.Info) starlark.Value { return starlark.String(i.WorkflowType) }},
}

// infoNames are the names of the fields of each stage.
var infoNames = func() (names [3][]string) {
	for stage := range names {
		for _, f := range infoFields {
			if f.stage <= stage {
				names[stage] = append(names[stage], f.name)
			}
		}
	}
	return names
}()

func (w *workflow) info() starlark.Value {
	i := w.e.host.Info()
	stage := 0
	switch {
	case i.Fires:
		stage = 2
	case i.Whole:
		stage = 1
	}
	info := &record{names: infoNames[stage]}
	for _, f := range infoFields {
		if f.stage <= stage {
			info.values = append(info.values, f.of(&i))
		}
	}
	return info
}

var linkFields = []string{"run_id", "workflow_id"}

func link(l *runtime.Link) starlark.Value {
	if l == nil {
		return starlark.None
	}
	return &record{names: linkFields, values: []starlark.Value{starlark.String(l.RunID), starlark.String(l.WorkflowID)}}
}

func timeOrNone(at history.Time) starlark.Value {
	if at == 0 {
		return starlark.None
	}
	return startime.Time(at.Std())
}

func textOrNone(s string) starlark.Value {
	if s == "" {
		return starlark.None
	}
	return starlark.String(s)
}
