package runtime

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Compiler makes programs from archives. It is safe for concurrent use.
type Compiler interface {
	// Compile checks and compiles a whole package: every module compiles, every module's top level
	// runs within limits, every entry function of the manifest exists and accepts (ctx, input). A
	// *PackageError describes an error of the package, with file and line; *Crash means that the
	// compiler itself broke; ctx's error means that it was stopped. Nothing in an archive may bring
	// the process down.
	Compile(ctx context.Context, archive *catalog.Archive) (Program, error)
}

// Sized is an optional interface of a Program that keeps much memory.
type Sized interface {
	// Size returns about how many bytes it keeps, those of its executions left out.
	Size() uint64
}

// Program is one compiled version, shared by all its executions. It is immutable, safe for
// concurrent use, and holds nothing that needs closing.
type Program interface {
	// Version returns the compiled version.
	Version() catalog.Version

	// Declares reports whether the manifest names the activity.
	Declares(activity string) bool

	// Start makes an execution of one member. It does not run before its first Resume, which calls
	// the entry function. The host serves this execution only. Input is the JSON value with which
	// the run was started.
	Start(entry catalog.Member, input history.Payload, host Host, limits Limits) Execution
}
