// Command suite has a workflow function for each case of engine/replay/runtimetest, named after it.
package main

import (
	"errors"
	"strings"

	"aion.dev/aion/sdk/go/workflow"
)

type (
	context = workflow.Context
	none    = workflow.None
	list    = []any
)

// run is what entry functions look like here.
type run func(ctx context, input any) (any, error)

func main() {
	for _, cases := range []map[string]run{cases, messages, cancellations} {
		for name, fn := range cases {
			workflow.Register(strings.ReplaceAll(name, "-", "_"), fn)
		}
	}
	select {} // what main waits for holds nothing up
}

// kind returns the kind of an error, null if there is none.
func kind(err error) any {
	if err == nil {
		return nil
	}
	return workflow.Kind(err)
}

// kinds returns the kinds of the errors of outcomes.
func kinds[T any](outcomes []workflow.Outcome[T]) list {
	all := list{}
	for _, o := range outcomes {
		all = append(all, kind(o.Err))
	}
	return all
}

// message returns the message of an error.
func message(err error) any {
	if e := (*workflow.Error)(nil); errors.As(err, &e) {
		return e.Message
	}
	return nil
}
