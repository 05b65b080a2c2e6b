// Package config decides how a node is set up: which keys there are, what each may hold, and which
// source wins. A key has one name everywhere: `http.address` in aion.toml, AION_HTTP_ADDRESS in the
// environment, --http-address on the command line; a flag wins over a variable, a variable over the
// file, the file over the default.
//
// It opens no sockets and no data folder: a Config that Load returned is complete and valid, and
// nothing was touched. What it cannot know (a port in use, a file that is no certificate) is the
// business of those who use the value.
//
// Begin with Config: its fields, tags and defaults are the one list of keys. The documentation, the
// flags and the variables are made from it.
package config
