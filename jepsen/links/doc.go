// Package links carries everything that the nodes and clients of a cluster under test say to each
// other, and spoils it on request: for each directed link, from one node to another, and for each
// kind of traffic apart.
//
// It needs no privileges and no change to the nodes: every node advertises the address of a proxy
// instead of its own, and the proxy learns who calls from the process that owns the calling socket
// (/proc). It decides what happens to bytes on the way, never what they say: a stream is delayed,
// held back or ended, but what arrives is what was sent, in order.
//
// Begin with Net, then Rule.
package links
