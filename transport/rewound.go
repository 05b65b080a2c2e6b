package transport

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/rewind"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

// Rewinder is what the route of a run's turns needs from a node. It replays them, and nothing
// happens to the run.
type Rewinder interface {
	Rewind(ctx context.Context, rd engine.Read, ref fsm.RunRef, on string, from uint64, limit int) (*engine.Rewound, error)
}

type turnsInput struct {
	Looked
	On    string `query:"on" ns:"version" doc:"Version, full or a prefix of one that is loaded, on which it is replayed; default: the one that the run is on"`
	From  uint64 `query:"from" minimum:"1" doc:"First turn; default 1"`
	Limit int    `query:"limit" minimum:"1" doc:"1 to 100; default 20"`
}

func (s *Server) turns(ctx context.Context, in *turnsInput) (*answer[wire.Rewound], error) {
	rd, ref, err := in.look(ctx)
	if err != nil {
		return nil, err
	}
	page, err := s.cfg.Rewinder.Rewind(ctx, rd, ref, in.On, in.From, in.Limit)
	if err != nil {
		return nil, err
	}
	body := wire.Rewound{WorkflowID: page.WorkflowID, RunID: page.RunID.String(), Version: page.Version.String(), Turns: make([]wire.RewoundTurn, len(page.Steps)), Total: page.Turns, Next: page.Next, Indexed: at(page.Index)}
	for i, step := range page.Steps {
		body.Turns[i] = wire.RewoundTurn{Turn: step.Turn, Through: step.Through, At: step.At, Seen: rewoundEvents(step.Seen), Asked: rewoundEvents(step.Asked), Stacks: stacksOf(step.Stacks), Ended: step.Ended, Void: step.Void, Problem: step.Problem}
	}
	return &answer[wire.Rewound]{Index: page.Index, LeaderContact: s.contact(rd), Body: body}, nil
}

func rewoundEvents(events []rewind.Event) []wire.RewoundEvent {
	list := make([]wire.RewoundEvent, len(events))
	for i, e := range events {
		list[i] = wire.RewoundEvent(e)
	}
	return list
}

func stacksOf(stacks []rewind.Stack) []wire.CodeStack {
	list := make([]wire.CodeStack, len(stacks))
	for i, stack := range stacks {
		list[i] = wire.CodeStack{Name: stack.Name, Frames: make([]wire.CodeFrame, len(stack.Frames))}
		for k, f := range stack.Frames {
			frame := wire.CodeFrame{At: f.At, Function: f.Function, Source: f.Source, Locals: make([]wire.CodeLocal, len(f.Locals))}
			for n, l := range f.Locals {
				frame.Locals[n] = wire.CodeLocal{Name: l.Name, Value: l.Value}
			}
			list[i].Frames[k] = frame
		}
	}
	return list
}
