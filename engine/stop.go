package engine

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// levelStops is the level of the state from which on there are stops.
const levelStops = 5

// Stop stops a type or a version: nothing of it starts, and its open runs are paused by a job. No
// turn of them is recorded from the entry on that is answered.
func (e *Engine) Stop(ctx context.Context, c Call, cmd fsm.StopRuns) (*fsm.StopAnswer, Answered, error) {
	if err := checkStop(cmd.Type, cmd.Version); err != nil {
		return nil, Answered{}, err
	}
	if err := checkText("reason", cmd.Reason, MaxMessage); err != nil {
		return nil, Answered{}, err
	}
	return proposeAt[*fsm.StopAnswer](ctx, e, c, levelStops, &cmd)
}

// LiftStop lets a type or a version run again.
func (e *Engine) LiftStop(ctx context.Context, c Call, cmd fsm.LiftStop) (*fsm.StopAnswer, Answered, error) {
	if err := checkStop(cmd.Type, cmd.Version); err != nil {
		return nil, Answered{}, err
	}
	return proposeAt[*fsm.StopAnswer](ctx, e, c, levelStops, &cmd)
}

func checkStop(typ, version string) error {
	if (typ == "") == (version == "") {
		return invalid("type", "or version is needed, and not both")
	}
	if typ != "" {
		return checkType("type", typ)
	}
	return checkText("version", version, 64)
}

// stopOf returns the stop that holds runs of a type on a version; nil = none does.
func stopOf(v fsm.View, typ string, version catalog.Version) *rows.Stop {
	if s, stopped := v.StopOf(typ, version); stopped {
		return &s
	}
	return nil
}

// Stopped is a stop with what it concerns.
type Stopped struct {
	rows.Stop
	Types []string // of a version that is loaded: what it carries
}

// Stops lists what is stopped: types, then versions.
func (e *Engine) Stops(ctx context.Context, rd Read) (list []Stopped, index uint64, err error) {
	err = e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		for _, s := range v.Stops() {
			stop := Stopped{Stop: s, Types: []string{s.Type}}
			if s.Type == "" {
				stop.Types = nil
				if p, loaded := v.Catalog().Package(s.Version); loaded {
					stop.Types = p.Types()
				}
			}
			list = append(list, stop)
		}
	})
	return list, index, err
}
