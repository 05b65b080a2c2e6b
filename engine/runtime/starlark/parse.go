package starlark

import (
	"bytes"

	"aion.dev/aion/engine/runtime"
	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// Parse parses one module of an abi, as authors wrote it, and finds what its names refer to. Unlike
// compiling, it loads and runs nothing. The tree is returned together with an error about names.
func Parse(abi int, name string, source []byte) (*syntax.File, *runtime.PackageError) {
	if bytes.IndexByte(source, 0) >= 0 {
		return nil, &runtime.PackageError{Module: name, Reason: "the source has a NUL byte"}
	}
	file, err := dialects[abi].Parse(name, source, syntax.RetainComments)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	if err := resolve.File(file, predeclared[abi].Has, func(name string) bool { return name == "None" || name == "True" || name == "False" }); err != nil {
		return file, hinted(abi, syntaxError(name, err))
	}
	return file, nil
}
