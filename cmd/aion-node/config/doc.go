// Package config decides how a node is configured: which keys exist, which values they may have,
// and which source wins. A key has one name everywhere: `http.address` in aion.toml,
// AION_HTTP_ADDRESS in the environment, --http-address on the command line. A flag overrides a
// variable, a variable overrides the file, and the file overrides the default.
//
// It opens no sockets and no data folder: a Config from Load is complete and valid, and nothing was
// touched. What it cannot know (a port in use, a file that is not a certificate) is checked by
// those who use the value.
//
// Begin with Config: its fields, tags and defaults are the one list of keys. The documentation, the
// flags and the variables are generated from it.
package config
