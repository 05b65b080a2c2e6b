// Package starlark runs workflow code written in Starlark: the language that abi 1 names.
//
// It decides what the language is (the dialect, the built-ins, the modules json, math and time),
// maps ctx onto a runtime.Host, and keeps code within limits that the interpreter alone cannot
// keep: see meter.go for the account, rewrite.go for how the syntax tree is changed so that every
// operation that can grow goes through it. It never keeps books about futures, signals or turns:
// the host does. No code can bring the process down, at most its own run or its own deploy.
//
// Begin with compiler.go, then execution.go (one coroutine for each run), then context.go (what
// code calls).
package starlark
