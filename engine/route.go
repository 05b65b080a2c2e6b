package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

// Route points a type at a loaded version. The state machine resolves prefixes and checks
// everything; Route only bounds what goes into the log.
func (e *Engine) Route(ctx context.Context, c Call, cmd fsm.RouteType) (*fsm.RouteAnswer, Answered, error) {
	if err := checkDeploy(cmd.Type, cmd.Version, cmd.Expect, cmd.Message); err != nil {
		return nil, Answered{}, err
	}
	return propose[*fsm.RouteAnswer](ctx, e, c, &cmd)
}

// Unroute removes a type's route.
func (e *Engine) Unroute(ctx context.Context, c Call, cmd fsm.UnrouteType) (*fsm.RouteAnswer, Answered, error) {
	if err := checkDeploy(cmd.Type, "", cmd.Expect, cmd.Message); err != nil {
		return nil, Answered{}, err
	}
	return propose[*fsm.RouteAnswer](ctx, e, c, &cmd)
}

// Rollback routes a type to its previously routed version.
func (e *Engine) Rollback(ctx context.Context, c Call, cmd fsm.RollbackType) (*fsm.RouteAnswer, Answered, error) {
	if err := checkDeploy(cmd.Type, "", cmd.Expect, cmd.Message); err != nil {
		return nil, Answered{}, err
	}
	return propose[*fsm.RouteAnswer](ctx, e, c, &cmd)
}

// Unload removes a whole package if nothing routes to it and nothing pins it. One entry both checks
// and removes.
func (e *Engine) Unload(ctx context.Context, c Call, cmd fsm.UnloadVersion) (*fsm.UnloadAnswer, Answered, error) {
	if err := checkDeploy(cmd.Type, cmd.Version, "", cmd.Message); err != nil {
		return nil, Answered{}, err
	}
	return propose[*fsm.UnloadAnswer](ctx, e, c, &cmd)
}

func checkDeploy(typ, version, expect, message string) error {
	if err := checkType("type", typ); err != nil {
		return err
	}
	if err := checkText("version", version, 64); err != nil {
		return err
	}
	if err := checkText("expect", expect, 64); err != nil {
		return err
	}
	return checkText("message", message, MaxMessage)
}
