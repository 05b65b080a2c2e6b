package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// mistyped swaps the last two letters that differ.
func mistyped(word string) string {
	b := []byte(word)
	for i := len(b) - 1; i > 0; i-- {
		if b[i] != b[i-1] && b[i] != '-' && b[i-1] != '-' {
			b[i], b[i-1] = b[i-1], b[i]
			return string(b)
		}
	}
	return word + word
}

// says runs a command line without any node, and returns its exit status and what it said on
// stderr.
func says(t *testing.T, args ...string) (status int, said string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &errs, environ: func(string) string { return "" }, patience: time.Millisecond, contact: time.Millisecond}
	status = a.run(t.Context(), args)
	if status == exitUsage && out.Len() > 0 {
		t.Errorf("%q: a wrong command line prints an answer: %s", args, out.String())
	}
	return status, errs.String()
}

// TestTypos: a slip in any flag or subcommand ends with status 2 and names what may have been
// meant, before anything is done.
func TestTypos(t *testing.T) {
	flags, commands := 0, 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		check := func(meant string, args ...string) {
			t.Helper()
			status, said := says(t, args...)
			if status != exitUsage || !strings.HasPrefix(said, "error[usage]: ") || !strings.Contains(said, "did you mean ") || !strings.Contains(said, meant) {
				t.Errorf("%q ends with status %d, saying %q; want 2, and %s", args, status, said, meant)
			}
		}
		cmd.InitDefaultHelpFlag()
		note := func(f *pflag.Flag) {
			slip := mistyped(f.Name)
			if f.Hidden || len(f.Name) < 3 || cmd.Flags().Lookup(slip) != nil {
				return
			}
			flags++
			if flags%2 == 0 {
				slip += "=x"
			}
			check("--"+f.Name, append(path[:len(path):len(path)], "--"+slip)...)
		}
		cmd.LocalNonPersistentFlags().VisitAll(note)
		if cmd.Name() == "start" { // flags of every command
			cmd.InheritedFlags().VisitAll(note)
		}
		for _, sub := range cmd.Commands() {
			if !sub.IsAvailableCommand() {
				continue
			}
			if slip := mistyped(sub.Name()); len(sub.Name()) > 2 {
				commands++
				check(sub.Name(), append(path[:len(path):len(path)], slip)...)
			}
			walk(sub)
		}
	}
	root := newRoot(&app{environ: func(string) string { return "" }})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	walk(root)
	if flags < 200 || commands < 50 {
		t.Errorf("only %d flags and %d commands were tried", flags, commands)
	}
}

func TestWaits(t *testing.T) {
	many := []wire.Wait{{Kind: "timer"}}
	for range 100 {
		many = append(many, wire.Wait{Kind: "activity", Name: "a"})
	}
	many = append(many, wire.Wait{Kind: "signal", Name: "go"})
	if got, want := waits(many), "timer, activity a (100 times), signal go"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// An error without a place in the code prints no empty details.
func TestErrorWithoutDetails(t *testing.T) {
	for details, want := range map[string]string{
		``:                         "limit_exceeded: too much\n",
		`{}`:                       "limit_exceeded: too much\n",
		`{"stack":["a.star:1:1"]}`: "limit_exceeded: too much\n  a.star:1:1\n",
		`{"a":1}`:                  "limit_exceeded: too much\n{\"a\":1}\n",
	} {
		var b bytes.Buffer
		if printRunError(&b, &wire.RunError{Kind: "limit_exceeded", Message: "too much", Details: json.RawMessage(details)}); b.String() != want {
			t.Errorf("%s: %q, want %q", details, b.String(), want)
		}
	}
}
