// Command aion-node is the whole of Aion in one binary: a node (serve), and everything that people
// and scripts ask of a cluster.
//
// It decides how words on a command line become calls, how answers look, and what a process exits
// with: 0 when it was done, 1 when it was refused, 2 when the command line or the configuration is
// wrong, 3 when nobody knows whether it happened. It never decides what a cluster does: every
// command but serve, package and new is one call of transport/client.
//
// Begin with main.go, then root.go (the tree of commands; each is in the file of its name),
// problem.go (how errors end) and table.go. How a node is put together is in the package node
// beside this one, its settings are in config.
package main
