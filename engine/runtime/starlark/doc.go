// Package starlark runs workflow code written in Starlark, the language that abi 1 names.
//
// It defines the language (the dialect, the built-ins, the modules json, math and time), maps ctx
// onto a runtime.Host, and keeps code within limits that the interpreter alone cannot enforce:
// meter.go is the account, and rewrite.go changes the syntax tree so that every operation that can
// grow goes through it. It never keeps books about futures, signals or turns: the host does. No
// code can bring the process down; at worst it fails its own run or its own deploy.
//
// Begin with compiler.go, then execution.go (one coroutine for each run), then context.go (the
// methods that code calls).
package starlark
