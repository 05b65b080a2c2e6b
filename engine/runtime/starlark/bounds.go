package starlark

import "go.starlark.net/starlark"

// Bounds of the language itself. They are part of abi 1: unlike runtime.Limits they hold in replay
// too, and changing one changes what code means.
const (
	maxModuleBytes  = 1 << 20 // of one source file
	maxPackageBytes = 8 << 20 // of all source files
	maxModules      = 1000
	maxFunctions    = 5000 // def and lambda of a package. Without recursion this bounds the call depth, and with it the Go stack
	maxNesting      = 1000 // of syntax, a chain of operators included
	maxArguments    = 250  // positional, of one call: the interpreter's own limit is 255
	maxDepth        = 200  // of a value that is compared, hashed, printed, frozen or made JSON of
	maxIntBits      = 4096
	maxAttribute    = 256     // bytes of a name given to getattr, or loaded
	maxKey          = 1 << 16 // parts of a dict's key or set's element: values in it, and 64 bytes of text each
)

func init() {
	// The interpreter compares to depth 10; JSON is deeper. Values deeper than maxDepth never get
	// there.
	starlark.CompareLimit = maxDepth + 10
}
