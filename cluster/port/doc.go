// Package port is the one address at which other nodes reach this one. Raft's messages, node calls
// and everything else between nodes go through it.
//
// It decides who is at the other end of a connection, which connections are accepted and which give
// way, and which calls a non-member may make. It never decides what a call means or who is a
// member: Config.Self describes this node, Config.Place returns a member's configured address, and
// handlers answer the calls.
//
// Begin with port.go, then accept.go (incoming connections) and preamble.go (the handshake).
// certname.go decides which node a certificate proves; raft.go is raft's transport. Bytes for raft
// pass them in this order: accept.go, the certificate if there are any, preamble.go, and raft.go,
// which compares the sender that a message names with the connection's owner. What raft itself must
// not see is refused after that, in transport.go and candidacy.go of package cluster.
package port
