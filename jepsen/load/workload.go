package load

import (
	"context"

	"aion.dev/aion/jepsen/op"
)

// Workload is one kind of use. Its methods are called in this order, each once; Run alone meets
// faults.
type Workload interface {
	// Name is a word that people type: "catalog".
	Name() string
	// Setup prepares a healthy cluster.
	Setup(ctx context.Context, e *Env) error
	// Run calls the cluster until ctx ends, and returns when all its calls have. Calls that were
	// made before the end may be waited for at most CallTimeout.
	Run(ctx context.Context, e *Env)
	// Settle works on a healed cluster: it repeats what has no known outcome until it has one, and
	// reads the final state, all of it recorded. An error means that the cluster did not come back,
	// which is a violation.
	Settle(ctx context.Context, e *Env) error
	// Check finds what must not be in the history. It is pure.
	Check(ops []op.Op) []Violation
}

// Violation is a promise that the history breaks.
type Violation struct {
	Checker string `json:"checker"`
	What    string `json:"what"`            // in one sentence, with the names and indexes that prove it
	Ops     []int  `json:"ops,omitempty"`   // operations that prove it
	Shown   string `json:"shown,omitempty"` // file in the run's folder that shows it

	Draw func(path string) error `json:"-"` // writes that file, HTML; nil = there is nothing to see
}
