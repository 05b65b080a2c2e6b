package main

import "io"

// output is where a command prints. It remembers write errors: an answer that was lost on a full
// disk must not end with status 0, and tables are printed by many small writes whose errors nobody
// checks.
type output struct {
	io.Writer
	err error // the first
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}
