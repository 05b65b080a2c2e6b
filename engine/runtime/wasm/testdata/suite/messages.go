package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

var messages = map[string]run{
	"any": func(ctx context, _ any) (any, error) {
		timer, a, b := workflow.NewTimer(ctx, time.Hour), workflow.StartSignal[any](ctx, "a"), workflow.StartSignal[any](ctx, "b")
		return list{workflow.Any(ctx, timer, a, b), workflow.Any(ctx, timer, b), timer.Done()}, nil
	},
	"try-race": func(ctx context, _ any) (any, error) {
		timer, child := workflow.NewTimer(ctx, time.Hour), workflow.StartChild[none](ctx, "c", nil)
		first := workflow.Race(ctx, timer, child)
		_, err := []*workflow.Future[none]{timer, child}[first].Get(ctx)
		return list{first, err == nil, kind(err)}, nil
	},
	"try-all": func(ctx context, _ any) (any, error) {
		return kinds(workflow.TryAll(ctx, workflow.NewTimer(ctx, time.Hour), workflow.NewTimer(ctx, time.Second), workflow.StartChild[none](ctx, "c", nil))), nil
	},
	"until":           until,
	"until-late":      until,
	"until-cancelled": until,
	"until-at-once": func(ctx context, _ any) (any, error) {
		timer := workflow.NewTimer(ctx, time.Second)
		first, err := workflow.Until(ctx, func() bool { return true })
		if err != nil {
			return nil, err
		}
		second, err := workflow.Until(ctx, timer.Done)
		return list{first, second}, err
	},
	"until-schedules": func(ctx context, _ any) (any, error) {
		got := list{}
		collect(ctx, &got)
		_, err := workflow.Until(ctx, func() bool {
			if len(got) > 0 {
				workflow.NewTimer(ctx, time.Second)
			}
			return false
		})
		return nil, err
	},
	"handlers":           handlers,
	"handlers-in-order":  handlers,
	"handlers-cancelled": handlers,
	"handler-fails": func(ctx context, _ any) (any, error) {
		workflow.OnSignal(ctx, "a", func(context, none) error { return errors.New("no") })
		return workflow.Signal[any](ctx, "end")
	},
	"handlers-continue": func(ctx context, _ any) (any, error) {
		workflow.OnSignal(ctx, "a", func(ctx context, _ none) error { return workflow.Sleep(ctx, time.Second) })
		if _, err := workflow.Signal[any](ctx, "end"); err != nil {
			return nil, err
		}
		return nil, workflow.ContinueAsNew(ctx, nil)
	},
	"handlers-note":      handlersNote,
	"settling-cancelled": handlersNote,
	"handler-continues": func(ctx context, _ any) (any, error) {
		workflow.OnSignal(ctx, "a", func(ctx context, _ none) error { return workflow.ContinueAsNew(ctx, nil) })
		return workflow.Signal[any](ctx, "end")
	},
	"handled-and-waited-for": func(ctx context, _ any) (any, error) {
		workflow.OnSignal(ctx, "a", func(context, none) error { return nil })
		return workflow.Signal[any](ctx, "a")
	},
	"handlers-share": func(ctx context, _ any) (any, error) {
		timer, seen := workflow.NewTimer(ctx, time.Second), 0
		workflow.OnSignal(ctx, "a", func(ctx context, _ none) error {
			_, err := timer.Get(ctx)
			seen++
			return err
		})
		_, err := timer.Get(ctx)
		seen++
		return seen, err
	},
	"updates":           updates,
	"updates-cancelled": updates,
	"update-too-large": func(ctx context, _ any) (any, error) {
		workflow.OnUpdate(ctx, "big", func(context, none) (string, error) { return strings.Repeat("x", 10_000), nil })
		return workflow.Signal[any](ctx, "end")
	},
	"validators-read": func(ctx context, _ any) (any, error) {
		same := func(_ context, n int) (int, error) { return n, nil }
		workflow.OnUpdate(ctx, "a", same, func(int) error {
			workflow.NewTimer(ctx, time.Second)
			return nil
		})
		return workflow.Signal[any](ctx, "end")
	},
}

// collect lets a handler note the payloads of signals a.
func collect(ctx context, got *list) {
	workflow.OnSignal(ctx, "a", func(_ context, v any) error {
		*got = append(*got, v)
		return nil
	})
}

func until(ctx context, _ any) (any, error) {
	got := list{}
	collect(ctx, &got)
	there, err := workflow.Until(ctx, func() bool { return len(got) >= 2 }, workflow.Timeout(time.Hour))
	return list{there, got}, err
}

func handlers(ctx context, _ any) (any, error) {
	notes := []string{}
	workflow.OnSignal(ctx, "a", func(ctx context, n int) error {
		notes = append(notes, fmt.Sprint("in ", n))
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return err
		}
		notes = append(notes, fmt.Sprint("out ", n))
		return nil
	})
	if _, err := workflow.Signal[any](ctx, "end"); err != nil {
		return nil, err
	}
	return notes, nil
}

func updates(ctx context, _ any) (any, error) {
	total, over := 0, false
	workflow.OnUpdate(ctx, "add", func(ctx context, n int) (int, error) {
		total += n
		switch n {
		case 5:
			if err := workflow.Sleep(ctx, time.Second); err != nil {
				return 0, err
			}
		case 3:
			return 0, errors.New("odd")
		}
		return total, nil
	}, func(n int) error {
		if n > 9 {
			return errors.New("too much")
		}
		return nil
	})
	workflow.OnUpdate(ctx, "end", func(context, none) (any, error) {
		over = true
		return nil, nil
	})
	_, err := workflow.Until(ctx, func() bool { return over })
	return total, err
}

// handlersNote lets a handler note the payloads of signals a after a while, and goes on as new with
// the notes.
func handlersNote(ctx context, _ any) (any, error) {
	notes := &list{}
	workflow.OnSignal(ctx, "a", func(ctx context, n any) error {
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return err
		}
		*notes = append(*notes, n)
		return nil
	})
	if _, err := workflow.Signal[any](ctx, "end"); err != nil {
		return nil, err
	}
	return nil, workflow.ContinueAsNew(ctx, notes)
}
