// Package mcp offers a node to agents: tools of the Model Context Protocol, over its streamable
// HTTP, at /mcp.
//
// It decides which tools there are, what they are called and what an agent is told of them. It
// decides nothing else: a tool is one or a few calls of the node's own HTTP API, made in this
// process under the caller's token, so grants, limits, forwarding to the leader, request ids and
// errors are those of the API. It keeps no session: any node answers any message, also after a
// failover.
//
// Begin with server.go, then tools_look.go and tools_act.go.
package mcp
