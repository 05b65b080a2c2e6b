// Package project decides how a folder becomes a package: which of its files are modules, what
// workflow.toml may contain, and which defaults apply. The same folder gives the same bytes on
// every machine, whatever its file times, modes, owners, locale and directory order.
//
// It never compiles workflow code, never reads outside the folder, and knows nothing of nodes. It
// writes the format of package catalog.
//
// Begin with Build; New writes a starter project.
package project
