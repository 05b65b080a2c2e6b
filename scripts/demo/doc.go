// Command demo shows the deploy story on three real nodes: a plan and a backtest before anything
// changes, a canary that aborts itself and one that is promoted, a leader killed in the middle of a
// deploy, runs moved to other code with proof, and an old version that goes in the entry that needs
// it no more. It starts nodes as processes, calls them with the command line as a person would, and
// checks every claim that it prints. It exits with an error at the first one that is false.
//
// Begin with story.go; nodes.go starts and kills the nodes, shell.go runs commands and shows them.
package main
