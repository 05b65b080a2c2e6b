// Package project decides how a folder becomes a package: which of its files are modules, what
// workflow.toml may say, and which defaults apply. The same folder gives the same bytes on every
// machine: file times, modes, owners, locale and the order of a directory play no part.
//
// It never compiles workflow code, never reads outside the folder, and knows nothing of nodes. The
// format that it writes is catalog's.
//
// Begin with Build; New writes a project to start from.
package project
