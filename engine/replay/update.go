package replay

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Validate asks the code, at the machine's current point, whether it takes an update. asked is
// false if it takes every one of that name. Errors: *UnknownUpdate, *UpdateRejected,
// *runtime.Crash, ctx's cause. A validator changes nothing, so the machine stays at the same point.
func (m *Machine) Validate(ctx context.Context, name string, args history.Payload) (asked bool, err error) {
	found := false
	err = m.read(ctx, func() (err error) {
		found, asked, err = m.exec.Validate(name, args)
		return err
	})
	if failed := (*history.RunError)(nil); errors.As(err, &failed) {
		return true, &UpdateRejected{Name: name, Err: clip(*failed)}
	}
	if err != nil {
		return false, err
	}
	if !found {
		return false, &UnknownUpdate{Name: name, Known: m.exec.Updates()}
	}
	return asked, nil
}

// UnknownUpdate means that the code handles no updates of that name.
type UnknownUpdate struct {
	Name  string
	Known []string // sorted
}

func (e *UnknownUpdate) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("the run takes no update %s: its code has no handler for any", catalog.Quote(e.Name))
	}
	return fmt.Sprintf("the run takes no update %s; it takes %s", catalog.Quote(e.Name), strings.Join(e.Known, ", "))
}

// Code returns the error's code for users.
func (e *UnknownUpdate) Code() string { return "unknown_update" }

// Facts returns the details of the error.
func (e *UnknownUpdate) Facts() map[string]any {
	return map[string]any{"update": e.Name, "known": append([]string{}, e.Known...)} // a list, never null
}

// UpdateRejected means that a validator does not agree. Nothing has happened.
type UpdateRejected struct {
	Name string
	Err  history.RunError
}

func (e *UpdateRejected) Error() string {
	return fmt.Sprintf("update %s is rejected: %s", catalog.Quote(e.Name), e.Err.Message)
}
