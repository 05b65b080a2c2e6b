package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

// UnloadWhenDrained unloads a whole package at once if nothing pins it, and otherwise in the entry
// that closes the last run on it. Runs that start on it meanwhile make that a later entry; a route
// to it takes the request back.
func (e *Engine) UnloadWhenDrained(ctx context.Context, c Call, cmd fsm.UnloadWhenDrained) (*fsm.UnloadAnswer, Answered, error) {
	if err := checkDeploy(cmd.Type, cmd.Version, "", cmd.Message); err != nil {
		return nil, Answered{}, err
	}
	return proposeAt[*fsm.UnloadAnswer](ctx, e, c, 1, &cmd)
}

// CancelUnload takes back what UnloadWhenDrained asked for.
func (e *Engine) CancelUnload(ctx context.Context, c Call, cmd fsm.CancelUnload) (*fsm.UnloadAnswer, Answered, error) {
	if err := checkDeploy(cmd.Type, cmd.Version, "", cmd.Message); err != nil {
		return nil, Answered{}, err
	}
	return proposeAt[*fsm.UnloadAnswer](ctx, e, c, 1, &cmd)
}
