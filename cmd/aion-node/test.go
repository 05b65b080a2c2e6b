package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"aion.dev/aion/cmd/aion-node/rehearsal"
	"github.com/spf13/cobra"
)

func testCmd(a *app) *cobra.Command {
	var match string
	var verbose bool
	var histories []string
	timeout := 30 * time.Second
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Run a project's tests: *_test.star, with time that skips",
		Long: `Run the functions test_*(t) of every *_test.star in the project in folder DIR (default: the current folder): each on the real engine in one process, in a world of its own, in which time skips
when nothing is left to do and activities are what the test says. Every history that a test produced is then replayed, cut at every event.
The exit status is 1 if a test failed. docs/TESTING.md tells what a test can say.

With --history FILE, replay runs that export has written on the project's code instead, and show where it would do something else.`,
		Args: arguments("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(histories) > 0 {
				if match != "" {
					return usage("--history replays runs: it does not go with --run")
				}
				return a.testHistories(cmd.Context(), folderOf(args), histories)
			}
			o := rehearsal.Options{Dir: folderOf(args), Timeout: timeout}
			if timeout < 10*time.Millisecond || timeout > time.Hour {
				return usage("--timeout %s is not within 10ms to 1h", timeout)
			}
			if match != "" {
				var err error
				if o.Match, err = regexp.Compile(match); err != nil {
					return usage("--run %q is not a regular expression: %v", match, err)
				}
			}
			if !a.json {
				t := testPrinter{a.out, verbose}
				o.Began, o.Ended, o.FileEnded = t.began, t.ended, t.fileEnded
			}
			report, err := rehearsal.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			if err := a.answer(report, func(w io.Writer) { printReport(w, folderOf(args), report) }); err != nil {
				return err
			}
			if match != "" && report.Passed+report.Failed == 0 {
				return local("not_found", "There is no such thing", fmt.Sprintf("no test of %s has a name that matches %q", folderOf(args), match), "aion-node test -v names them all")
			}
			if report.Failed > 0 {
				return &reported{exitRefused}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&match, "run", "", "only tests whose names match `REGEX`")
	f.StringArrayVar(&histories, "history", nil, "replay the exported run in `FILE` on the project's code; may be repeated")
	f.BoolVarP(&verbose, "verbose", "v", false, "tell of every test, and what it and its workflows say")
	f.DurationVar(&timeout, "timeout", timeout, "let no test take longer than `DURATION`, by the clock on the wall")
	return cmd
}

// testPrinter prints the progress of tests.
type testPrinter struct {
	w       io.Writer
	verbose bool
}

func (t testPrinter) began(_, test string) {
	if t.verbose {
		fmt.Fprintf(t.w, "=== RUN   %s\n", test)
	}
}

func (t testPrinter) ended(_ string, r rehearsal.Result) {
	switch {
	case !r.Passed:
		fmt.Fprintf(t.w, "--- FAIL: %s (%s)\n", r.Test, seconds(r.Elapsed))
		printFailure(t.w, r.Failure)
	case t.verbose:
		fmt.Fprintf(t.w, "--- PASS: %s (%s; %s over %s, replayed from %s)\n", r.Test, seconds(r.Elapsed), count(r.Runs, "run"), time.Duration(r.Skipped), count(r.Cuts, "place"))
	default:
		return
	}
	for _, l := range r.Log {
		who := l.Workflow
		if who == "" {
			who = "test"
		}
		fmt.Fprintf(t.w, "    %s says: %s\n", printable(who), printable(l.Text))
	}
}

func (t testPrinter) fileEnded(f rehearsal.File) {
	failed := 0
	for _, r := range f.Tests {
		if !r.Passed {
			failed++
		}
	}
	switch {
	case f.Broken != nil:
		printFailure(t.w, f.Broken)
		fmt.Fprintf(t.w, "FAIL  %s  cannot be run\n", f.File)
	case failed > 0:
		fmt.Fprintf(t.w, "FAIL  %s  %d of %s failed  %s\n", f.File, failed, count(len(f.Tests), "test"), seconds(f.Elapsed))
	case len(f.Tests) == 0:
		fmt.Fprintf(t.w, "?     %s  no tests to run\n", f.File)
	default:
		fmt.Fprintf(t.w, "ok    %s  %s  %s\n", f.File, count(len(f.Tests), "test"), seconds(f.Elapsed))
	}
}

// printFailure prints the places like a traceback: the innermost call last, each with its source
// line.
func printFailure(w io.Writer, f *rehearsal.Failure) {
	fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(printable(f.Message), "\n", "\n    "))
	printPlaces(w, f.Stack)
	if len(f.Workflow) > 0 {
		fmt.Fprintln(w, "    in the workflow:")
		printPlaces(w, f.Workflow)
	}
}

func printPlaces(w io.Writer, places []rehearsal.Place) {
	for _, p := range places {
		in := ""
		if p.In != "" {
			in = " in " + p.In
		}
		fmt.Fprintf(w, "      %s%s\n", p.At, in)
		if p.Line != "" {
			fmt.Fprintf(w, "          %s\n", printable(p.Line))
		}
	}
}

func printReport(w io.Writer, dir string, r *rehearsal.Report) {
	switch {
	case len(r.Files) == 0:
		fmt.Fprintf(w, "no tests: %s has no file *_test.star; docs/TESTING.md tells what goes into one\n", dir)
	case len(r.Files) > 1:
		fmt.Fprintf(w, "%d passed, %d failed\n", r.Passed, r.Failed)
	}
}

func seconds(d rehearsal.Duration) string { return fmt.Sprintf("%.2fs", time.Duration(d).Seconds()) }
