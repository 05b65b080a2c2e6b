// Command demo shows the deploy story on three real nodes: it starts them as processes, calls them
// as a person would, with the command line, and checks that everything it says is so. It exits with
// an error at the first thing that is not.
//
// Begin with story.go; nodes.go starts and kills the nodes, shell.go runs commands and shows them.
package main
