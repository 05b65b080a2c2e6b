// Command demo shows the deploy story on three real nodes. It starts them as processes, calls them
// with the command line as a person would, and checks every claim that it prints. It exits with an
// error at the first one that is false.
//
// Begin with story.go; nodes.go starts and kills the nodes, shell.go runs commands and shows them.
package main
