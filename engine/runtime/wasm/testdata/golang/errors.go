package main

import (
	stdcontext "context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

func init() {
	workflow.Register("nil_map", nilMap)
	workflow.Register("index", index)
	workflow.Register("panics", func(context, none) (any, error) { panic(workflow.Fail("declined", "no money")) })
	workflow.Register("goroutine_panics", goroutinePanics)
	workflow.Register("deep", func(context, none) (any, error) { return deep(0), nil })
	workflow.Register("exits", func(context, none) (any, error) { os.Exit(3); return nil, nil })
	workflow.Register("goexit", func(context, none) (any, error) { runtime.Goexit(); return nil, nil })
	workflow.Register("hungry", hungry)
	workflow.Register("kinds", kinds)
	workflow.Register("wraps", wraps)
	workflow.Register("derived", derived)
	workflow.Register("group", group)
	workflow.Register("deadline", deadline)
	workflow.Register("done_channel", doneChannel)
	workflow.Register("misfit", func(ctx context, in struct{ N int }) (any, error) { return in.N, nil })
	workflow.Register("misfit_of_activity", func(ctx context, _ none) (any, error) { return workflow.Activity[int](ctx, "charge", nil) })
	workflow.Register("unwritable", func(ctx context, _ none) (any, error) { return make(chan int), nil })
	workflow.Register("bad_timeout", func(ctx context, _ none) (any, error) {
		return workflow.Activity[any](ctx, "charge", nil, workflow.Timeout(0))
	})
}

type cart struct{ items map[string]int }

func (c *cart) add(item string) { c.items[item]++ }

func nilMap(ctx context, _ none) (any, error) {
	c := &cart{}
	c.add("book")
	return nil, nil
}

func index(ctx context, items []int) (any, error) {
	if _, err := workflow.Activity[any](ctx, "charge", nil); err != nil {
		return nil, err
	}
	return items[5], nil
}

func goroutinePanics(ctx context, _ none) (any, error) {
	go func() { panic("nobody catches this") }()
	return nil, workflow.Sleep(ctx, time.Second)
}

func deep(n int) int { return deep(n+1) + 1 }

func hungry(context, none) (any, error) {
	var kept []string
	for {
		kept = append(kept, strings.Repeat("x", 1<<20))
	}
}

func kinds(ctx context, _ none) (any, error) {
	_, err := workflow.Activity[any](ctx, "charge", nil)
	var e *workflow.Error
	declined := errors.As(err, &e) && errors.Is(err, &workflow.Error{Kind: "declined"})
	return nil, workflow.Failf("mine", "%v %s %s", declined, e.Message, workflow.Kind(fmt.Errorf("it: %w", err)))
}

func wraps(ctx context, _ none) (any, error) {
	if _, err := workflow.Activity[any](ctx, "charge", nil); err != nil {
		return nil, fmt.Errorf("charging: %w", err)
	}
	return nil, nil
}

// derived gives an activity up when a context ends that was derived from that of the run.
func derived(ctx context, _ none) (any, error) {
	scope, cancel := stdcontext.WithCancel(ctx)
	workflow.OnSignal(ctx, "stop", func(context, none) error { cancel(); return nil })
	_, err := workflow.Activity[any](scope, "charge", nil)
	_, late := workflow.NewTimer(scope, time.Second).Get(scope)
	return list{errors.Is(err, stdcontext.Canceled), workflow.Kind(late), ctx.Err() == nil}, nil
}

// deadline waits with a context that ends after a minute, twice.
func deadline(ctx context, _ none) (any, error) {
	scope, cancel := stdcontext.WithTimeout(ctx, time.Minute)
	defer cancel()
	first, err := workflow.Signal[int](scope, "a")
	if err != nil {
		return nil, err
	}
	_, err = workflow.Signal[int](scope, "a")
	return list{first, workflow.Kind(err), ctx.Err() == nil}, nil
}

// group lets the first failure end the others, as golang.org/x/sync/errgroup does.
func group(ctx context, _ none) (any, error) {
	scope, cancel := stdcontext.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan error, 3)
	for i := range 3 {
		go func() {
			_, err := workflow.Activity[any](scope, "charge", i)
			if err != nil {
				cancel(err) // the first one counts
			}
			ended <- err
		}()
	}
	kinds := list{}
	for range 3 {
		kinds = append(kinds, workflow.Kind(<-ended))
	}
	workflow.Log(ctx, fmt.Sprint(kinds))
	return kinds, stdcontext.Cause(scope)
}

// doneChannel learns of the cancellation by ctx.Done, which another wait has brought.
func doneChannel(ctx context, _ none) (any, error) {
	told := make(chan error)
	go func() {
		<-ctx.Done()
		told <- ctx.Err()
	}()
	err := workflow.Sleep(ctx, time.Hour)
	first := <-told
	if _, err := workflow.Activity[any](ctx, "charge", nil); err != nil {
		return nil, err
	}
	return list{workflow.Kind(err), first.Error()}, first
}
