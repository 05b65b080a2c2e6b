// Package project decides how a folder becomes a package: which of its files are modules, what
// workflow.toml may contain, and which defaults apply. The same folder gives the same bytes on
// every machine, whatever its file times, modes, owners, locale and directory order.
//
// Code of languages that are compiled goes through their toolchains: the go command, or a bundler
// that is a library. It never compiles what is source code in a package, never runs workflow code,
// and knows nothing of nodes. Outside of the folder it reads what those toolchains read, and the
// interpreter of scripts, which it may download. It writes the format of package catalog.
//
// Begin with Build; New writes a starter project.
package project
