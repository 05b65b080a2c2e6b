package load

import (
	"context"

	"aion.dev/aion/jepsen/op"
)

// Workload is one kind of use. Its methods are called in this order, each once; only Run meets
// faults.
type Workload interface {
	// Name is a word that people type, for example "catalog".
	Name() string
	// Setup prepares a healthy cluster.
	Setup(ctx context.Context, e *Env) error
	// Run calls the cluster until ctx ends, and returns when all its calls have. Calls made before
	// the end may take at most CallTimeout.
	Run(ctx context.Context, e *Env)
	// Resolve works on a healed cluster: it repeats calls with unknown outcomes until each has one,
	// and reads the final state. All of it is recorded. An error means that the cluster did not
	// recover, which is a violation.
	Resolve(ctx context.Context, e *Env) error
	// Check finds what must not be in the history. It is pure.
	Check(ops []op.Op) []Violation
}

// Violation is a promise that the history breaks.
type Violation struct {
	Checker string `json:"checker"`
	What    string `json:"what"`            // in one sentence, with the names and indexes that prove it
	Ops     []int  `json:"ops,omitempty"`   // operations that prove it
	Shown   string `json:"shown,omitempty"` // file in the run's folder that shows it

	Draw func(path string) error `json:"-"` // writes that file, HTML; nil = nothing to draw
}
