// Package catalog decides what can run: which archives are packages, which version a package has,
// which versions are loaded, and which version a workflow type is routed to.
//
// It never reads a clock, draws randomness, touches a disk or a network, or iterates in an order
// that could differ between two nodes. The replicated state machine applies log entries with it, so
// every answer follows from the values alone. It never compiles or runs code, and it does not know
// about runs; the state machine knows what pins a version. catalog/project turns a folder into an
// archive.
//
// Begin with Archive (one package as bytes; Open and Write are inverse), then Hash (the version),
// then Catalog (what is loaded and routed; one file per operation: load, route, unroute, rollback,
// unload). docs/PACKAGE.md specifies the format.
package catalog
