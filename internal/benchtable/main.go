// Command benchtable turns what go test -bench prints on standard input into one table, with the machine it ran on.
//
// It decides nothing but the layout: each benchmark is a line, each unit it reported a column; a benchmark that ran several times shows its median. It
// fails when the input says that a test failed, or holds no benchmark. Begin with parse.go.
package main

import (
	"fmt"
	"os"
)

func main() {
	r, err := parse(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
	r.print(os.Stdout, machine())
}
