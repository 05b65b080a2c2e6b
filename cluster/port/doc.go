// Package port is the one address at which other nodes reach this one: raft's messages, node
// calls and whatever else travels between nodes go through it.
//
// It decides who is at the other end of a connection, which connections go on and which give
// way, and which calls a node may make that is no member. It never decides what a call means or
// who is a member: Config.Self and Config.Place say who this node is and where a member belongs,
// and handlers answer.
//
// Begin with port.go, then accept.go (the way in) and preamble.go (what both sides say first).
// Who a certificate proves its holder to be is in certname.go, raft's transport in raft.go.
package port
