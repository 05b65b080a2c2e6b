package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// full is a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestLostOutput: if an answer could not be written, the status is not 0.
func TestLostOutput(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"version", "--json"}, {"list", "--help"}} {
		for _, c := range []struct {
			out  io.Writer
			want int
		}{{full{}, exitRefused}, {io.Discard, 0}} {
			var said bytes.Buffer
			a := &app{out: c.out, err: &said, environ: func(string) string { return "" }}
			if status := a.run(t.Context(), args); status != c.want {
				t.Errorf("%v into %T: status %d, want %d: %s", args, c.out, status, c.want, said.String())
			}
			if c.want != 0 && !strings.Contains(said.String(), "no space left") {
				t.Errorf("%v does not say why: %s", args, said.String())
			}
		}
	}
}
