package starlark

import "go.starlark.net/starlark"

// Bounds of the language itself. They are part of the abi: unlike runtime.Limits they also apply in
// replay, and changing one changes what code means.
const (
	maxModuleBytes  = 1 << 20 // of one source file
	maxPackageBytes = 8 << 20 // of all source files
	maxModules      = 1000
	maxFunctions    = 5000 // each def and lambda of a package. In abi 1, without recursion, this bounds the call depth, and so the Go stack
	maxNesting      = 1000 // of syntax, including chains of operators
	maxArguments    = 250  // positional ones of one call: the interpreter's own limit is 255
	maxDepth        = 200  // of a value that is compared, hashed, printed, frozen or encoded as JSON
	maxIntBits      = 4096
	maxAttribute    = 256     // bytes of a name passed to getattr, or loaded
	maxKey          = 1 << 16 // parts of a dict's key or a set's element: its values, and each 64 bytes of text
)

func init() {
	// The interpreter compares to depth 10 by default, but JSON is deeper. Values deeper than
	// maxDepth never get there.
	starlark.CompareLimit = maxDepth + 10
}
