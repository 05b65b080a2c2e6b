// Package bench measures how fast a cluster is: it is `aion-node bench`.
//
// It decides what is measured, how often, and how the figures are told. It measures as a user
// would: callers and workers go through the Go client over sockets, nodes are asked over HTTP, also
// for their CPU and memory. It can start a cluster of its own, as processes of this binary on a
// folder that it removes. On a cluster of others it changes nothing that was there before, and
// unloads what it has loaded.
//
// Begin with settings.go and rows.go, which has the rows of the table; run.go measures them round
// by round. callers.go calls, percentile.go counts, usage.go asks what it cost, report.go is the
// result, own.go is the cluster of its own, page.go writes docs/PERFORMANCE.md.
package bench
