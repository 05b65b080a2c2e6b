// Command aion-node is all of Aion in one binary: a node (serve), and the commands for people and
// scripts.
//
// It decides how a command line becomes calls, how answers look, and the exit status: 0 if the
// command succeeded, 1 if it was refused, 2 if the command line or the configuration is wrong, 3 if
// the outcome is unknown. It never decides what a cluster does: every command except serve, package
// and new is one call of transport/client.
//
// Begin with main.go, then root.go (the tree of commands; each is in the file of its name),
// problem.go (how errors are reported) and table.go. Package node, below this one, assembles a
// node; its settings are in config.
package main
