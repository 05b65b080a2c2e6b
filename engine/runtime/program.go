package runtime

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Compiler makes programs of archives. It is safe for concurrent use.
type Compiler interface {
	// Compile checks and compiles a whole package: every module compiles, every module's top level
	// runs within limits, every entry function of the manifest exists and takes (ctx, input). What
	// is wrong with the package is a *PackageError, which carries file and line; *Crash means that
	// the compiler itself broke; ctx's error means that it was stopped. Nothing that the archive
	// contains may bring the process down.
	Compile(ctx context.Context, archive *catalog.Archive) (Program, error)
}

// Program is one compiled version, shared by all its executions. It is immutable, safe for
// concurrent use and holds nothing that needs closing.
type Program interface {
	// Version is the version that was compiled.
	Version() catalog.Version

	// Declares reports whether the manifest names the activity.
	Declares(activity string) bool

	// Start makes an execution of one member that has not run yet; its first Resume calls the entry
	// function. The host serves this execution alone. Input is the JSON value that the run was
	// started with.
	Start(entry catalog.Member, input history.Payload, host Host, limits Limits) Execution
}
