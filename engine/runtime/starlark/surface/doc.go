// Package surface tells what workflow code and its tests can call: names, parameters, types and a
// sentence on each.
//
// The facts are in two files of Python stubs, so that editors can read the same ones; tests hold
// them against what the runtime really has. The package knows no runtime and runs nothing.
//
// Begin with surface.go.
package surface
