package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"golang.org/x/term"
)

func main() {
	ctx := untilSignal(os.Interrupt, syscall.SIGTERM)
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Getenv, patience: 10 * time.Second, contact: 1500 * time.Millisecond}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// untilSignal returns a context that the first of the signals ends. A second one finds the default
// handling again, so it ends the process at once, whatever the first is still waiting for. That is
// so before anybody can see the context end: signal.NotifyContext would let go of the signals only
// afterwards, and swallow a second one that comes in between.
func untilSignal(signals ...os.Signal) context.Context {
	ctx, end := context.WithCancel(context.Background())
	first := make(chan os.Signal, 1)
	signal.Notify(first, signals...)
	go func() {
		<-first
		signal.Stop(first)
		end()
	}()
	return ctx
}

// app is what all commands share: where they print, and the flags that every command has.
type app struct {
	in       io.Reader
	out      io.Writer
	err      io.Writer
	environ  func(string) string
	patience time.Duration // how long a call is repeated while the nodes cannot serve it: an election fits in, and a person still waits for it
	contact  time.Duration // the same while no node is reached at all

	json      bool
	addresses []string
	token     string
	caFile    string
	requestID string
	stale     bool
	wide      bool
	noHeaders bool

	args   []string   // the command line
	repeat string     // how to repeat the change under way, if not by the same command line
	after  afterwards // what to say when interrupted now
}

// run carries out one command line and returns the exit status.
func (a *app) run(ctx context.Context, args []string) int {
	a.args = args
	out := &output{Writer: a.out}
	a.out = out
	root := newRoot(a)
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = out.err
	}
	if err == nil {
		return 0
	}
	a.json = a.json || slices.Contains(args, "--json") // a wrong flag before it hid it from the parser
	return a.fail(ctx, cmd, err)
}

// terminal reports whether w is one, so that a progress bar makes sense.
func terminal(w io.Writer) (width int, ok bool) {
	f, isFile := fileOf(w)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil && width > 0
}
