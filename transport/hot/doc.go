// Package hot is the second face of a node: what programs call most, over gRPC, at the address of
// the HTTP API. pb/hot.proto is the protocol, docs/HOT.md the guide.
//
// It decides how calls travel: many at a time over one stream, each with an id (serve_stream.go at
// the node, link.go at the caller), as few messages as the two sides can keep up with, and errors
// by the one table of transport/wire (problem.go). It is the only package that knows gRPC.
//
// It never decides what a call means, who may make it, or whether it is repeated: at the node a
// Door does (package transport), at the caller package client.
//
// Begin with Face and Link.
package hot
