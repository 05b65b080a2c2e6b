package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// Fault is one kind of disturbance.
type Fault interface {
	// Begin starts the fault and describes it in a few words ("kill -9 n2 (leader)"). mend undoes
	// it and leaves every node running; it is called once, after the fault's time, even if Begin
	// failed half-way. A nil mend means that there is nothing to undo.
	Begin(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (did string, mend func(context.Context) error, err error)
}

// Func is a Fault.
type Func func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error)

// Begin implements Fault.
func (f Func) Begin(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	return f(ctx, c, r)
}

// Kind describes a fault.
type Kind struct {
	Name   string
	Family string        // one of Families: the rows of the report's matrix
	What   string        // a description for people
	Min    time.Duration // how long it lasts, at least and at most
	Max    time.Duration
	Tagged bool    // needs a binary built with -tags aionfaults
	On     Network // what it needs between nodes
	// Orderly: an operator does it every day. There is always a majority, so the cluster may pause
	// for a transfer of leadership, but no longer.
	Orderly bool
	Mixed   bool // needs the binary of another commit
	// Certified: needs nodes with certificates, and callers that trust them
	Certified bool
	Fault     Fault
}

// Begin starts the fault, on nodes that were built for it.
func (k Kind) Begin(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	if k.Tagged && !c.Tagged() {
		return "", nil, errors.New("needs a binary built with -tags aionfaults, and --tagged")
	}
	return k.Fault.Begin(ctx, c, r)
}

var kinds = map[string]Kind{}

// register adds a kind; each file calls it in init.
func register(k Kind) {
	if _, ok := kinds[k.Name]; ok {
		panic("fault: " + k.Name + " is registered twice")
	}
	kinds[k.Name] = k
}

// Get returns a kind by name.
func Get(name string) (Kind, error) {
	k, ok := kinds[name]
	if !ok {
		return k, fmt.Errorf("there is no fault %q; there are %v", name, Names())
	}
	return k, nil
}

// Names lists the faults.
func Names() []string {
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Families lists the families in the order of the report.
func Families() []string {
	return []string{"process", "network", "netns", "clients", "clock", "leadership", "membership", "identity", "disk", "bits", "load", "certificates", "upgrade"}
}
