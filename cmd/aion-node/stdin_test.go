package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// TestInterruptWhileStdinIsRead: the first signal ends a command that waits for standard input,
// before anything is sent.
func TestInterruptWhileStdinIsRead(t *testing.T) {
	for _, line := range []string{"start order --input @-", "signal o x --payload @-", "deploy -", "start --batch -", "lsp"} {
		in, typist := io.Pipe()
		defer typist.Close()
		ctx, interrupt := context.WithCancel(t.Context())
		var errs bytes.Buffer
		a := &app{in: in, out: io.Discard, err: &errs, environ: func(string) string { return "" }}
		status := make(chan int, 1)
		go func() { status <- a.run(ctx, strings.Fields(line)) }()
		if _, err := typist.Write([]byte("{")); err != nil { // it reads, and has a part
			t.Fatal(err)
		}
		interrupt()
		select {
		case s := <-status:
			if s != exitInterrupted || !strings.Contains(errs.String(), "error[interrupted]") {
				t.Errorf("%s: status %d, %s", line, s, errs.String())
			}
		case <-time.After(patient):
			t.Errorf("%s goes on reading", line)
		}
	}
}
