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

// untilSignal returns a context that the first signal ends. A second signal gets the default
// handling, so it ends the process at once, whatever the first one still waits for. The handling
// changes before anybody can see the context end: signal.NotifyContext would release the signals
// only later, and swallow a second one in between.
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

// app is shared by all commands: where they print, and the flags of every command.
type app struct {
	in       io.Reader
	out      io.Writer
	err      io.Writer
	environ  func(string) string
	patience time.Duration // how long a call is retried while nodes cannot serve it: long enough for an election, short enough for a person
	contact  time.Duration // the same while no node is reachable

	json      bool
	addresses []string
	token     string
	namespace string
	caFile    string
	certFile  string
	keyFile   string
	requestID string
	stale     bool
	wide      bool
	noHeaders bool

	args   []string        // the command line
	over   <-chan struct{} // closed when the command is interrupted
	repeat string          // how to repeat the current change, if not by the same command line
	after  afterwards      // what to print if interrupted now
}

// run executes one command line and returns the exit status.
func (a *app) run(ctx context.Context, args []string) int {
	a.args, a.over = args, ctx.Done()
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
	a.json = a.json || slices.Contains(args, "--json") // an earlier wrong flag hid it from the parser
	return a.reportError(ctx, cmd, err)
}

// terminal reports whether w is a terminal, where a progress bar makes sense.
func terminal(w io.Writer) (width int, ok bool) {
	f, isFile := fileOf(w)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil && width > 0
}
