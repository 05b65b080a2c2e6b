package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/term"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run carries out one command line and returns the exit status.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	// A second signal finds the default handling again, so it ends the process at once, whatever the first one is still waiting for.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	a := &app{in: in, out: out, err: errs, environ: os.Getenv}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	a.json = a.json || slices.Contains(args, "--json") // a wrong flag before it hid it from the parser
	return a.fail(cmd, err)
}

// app is what all commands share: where they print, and the flags that every command has.
type app struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer
	environ func(string) string

	json      bool
	addresses []string
	token     string
	caFile    string
	requestID string
	stale     bool
}

// terminal reports whether w is one, so that a progress bar makes sense.
func terminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil && width > 0
}
