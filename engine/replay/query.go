package replay

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Query calls the handler that code registered under name, at the machine's current point. Nil args
// mean none. Errors: *UnknownQuery, *QueryFailed, *runtime.Crash, ctx's cause. A handler changes
// nothing, so the machine stays at the same point.
func (m *Machine) Query(ctx context.Context, name string, args history.Payload) (history.Payload, error) {
	var result history.Payload
	found := false
	err := m.read(ctx, func() (err error) {
		result, found, err = m.exec.Query(name, args)
		return err
	})
	if failed := (*history.RunError)(nil); errors.As(err, &failed) {
		return nil, &QueryFailed{Name: name, Err: *failed}
	}
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, &UnknownQuery{Name: name, Known: m.exec.Queries()}
	}
	if len(result) > m.ledger.limits.OutputBytes {
		return nil, &QueryFailed{Name: name, Err: history.RunError{Kind: history.KindLimit,
			Message: fmt.Sprintf("the answer has %d bytes, the limit is %d", len(result), m.ledger.limits.OutputBytes)}}
	}
	return result, nil
}

// read calls f, which asks code that only reads. What is not a failure of that code breaks the
// machine.
func (m *Machine) read(ctx context.Context, f func() error) (err error) {
	if m.broken != nil {
		return fmt.Errorf("the machine is not usable after an error: %w", m.broken)
	}
	m.ledger.reading = true
	defer func() { m.ledger.reading = false }()
	stop := m.watch(ctx)
	defer stop(&err)
	err = f()
	if failed := (*history.RunError)(nil); err != nil && !errors.As(err, &failed) {
		return m.fail(err)
	}
	return err
}

// UnknownQuery means that the code has registered no handler of that name.
type UnknownQuery struct {
	Name  string
	Known []string // sorted
}

func (e *UnknownQuery) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("the run answers no query %s: its code has registered none", catalog.Quote(e.Name))
	}
	return fmt.Sprintf("the run answers no query %s; it answers %s", catalog.Quote(e.Name), strings.Join(e.Known, ", "))
}

// Code returns the error's code for users.
func (e *UnknownQuery) Code() string { return "unknown_query" }

// Facts returns the details of the error.
func (e *UnknownQuery) Facts() map[string]any {
	return map[string]any{"query": e.Name, "known": append([]string{}, e.Known...)} // a list, never null
}

// QueryFailed means that the handler failed, met a limit, or did something that only a turn may do.
type QueryFailed struct {
	Name string
	Err  history.RunError
}

func (e *QueryFailed) Error() string {
	return fmt.Sprintf("query %s failed: %s", catalog.Quote(e.Name), e.Err.Message)
}

// Code returns the error's code for users.
func (e *QueryFailed) Code() string { return "query_failed" }

// Facts returns the details of the error.
func (e *QueryFailed) Facts() map[string]any {
	facts := map[string]any{"query": e.Name, "kind": e.Err.Kind}
	if len(e.Err.Details) > 0 {
		facts["details"] = e.Err.Details
	}
	return facts
}
