// Package links carries everything that the nodes and clients of a cluster under test send to each
// other, and disturbs it on request: separately for each directed link, from one node to another,
// and for each kind of traffic.
//
// It needs no privileges and no change to the nodes: every node advertises the address of a proxy
// instead of its own, and the proxy finds the caller by the process that owns the calling socket
// (/proc). It decides what happens to bytes on the way, never their content: a stream is delayed,
// held back or ended, but what arrives is what was sent, in order.
//
// Begin with Net, then Rule.
package links
