package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// maxBatchLine bounds a line of a file of starts: no node accepts more in one call.
const maxBatchLine = 16 << 20

// batch starts a run for each line of a file.
type batch struct {
	a       *app
	client  *client.Client
	typ     string // of lines that name none
	base    string // request ids are this and the number of the line
	lines   []int  // numbers of the lines in starts
	starts  []wire.StartItem
	bytes   int
	started int
	refused int
	unknown int
	told    int // starts whose progress was told
}

// batchReply is what --json tells of a line.
type batchReply struct {
	Line int `json:"line"`
	wire.StartReply
}

// startBatch starts a run for each line of a file, or of standard input.
func (a *app) startBatch(cmd *cobra.Command, path, typ string) error {
	for _, flag := range []string{"input", "id", "version", "attr", "run-timeout", "wait", "signal", "signal-payload", "if-open", "if-closed", "delay", "retry", "chain-timeout"} {
		if cmd.Flags().Changed(flag) {
			return usage("--%s does not go with --batch: each line says it for itself", flag)
		}
	}
	in := a.stdin()
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	b := &batch{a: a, client: c, typ: typ, base: a.requestID}
	if b.base == "" {
		b.base = client.NewRequestID()
	}
	if err := b.read(cmd.Context(), in); err != nil {
		return err
	}
	return b.end(cmd)
}

// read sends what is read, in parts.
func (b *batch) read(ctx context.Context, in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxBatchLine)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		item, wrong := b.item(n, line)
		if wrong != nil {
			if err := b.send(ctx); err != nil { // so that lines are answered in order
				return err
			}
			if err := b.tell(n, item.Type, wire.StartReply{Problem: wrong}); err != nil {
				return err
			}
			continue
		}
		b.lines, b.starts, b.bytes = append(b.lines, n), append(b.starts, item), b.bytes+len(line)
		if len(b.starts) == wire.MaxStarts || b.bytes > maxBatchLine/2 {
			if err := b.send(ctx); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return usage("line %d has more than %d bytes", n+1, maxBatchLine)
	} else if err != nil {
		return fmt.Errorf("read line %d: %w", n+1, err)
	}
	return b.send(ctx)
}

// item reads a line.
func (b *batch) item(n int, line []byte) (item wire.StartItem, wrong *wire.Problem) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(&item)
	if err == nil && d.More() {
		err = errors.New("it goes on after the JSON object")
	}
	if err != nil {
		return item, wire.New("invalid_input", "the line is not a start, such as {\"type\":\"order\",\"input\":{}}: "+err.Error()).With("field", "line")
	}
	if item.Type == "" {
		item.Type = b.typ
	}
	if item.RequestID == "" {
		item.RequestID = fmt.Sprintf("%s/%d", b.base, n)
	}
	return item, nil
}

// send starts what was gathered.
func (b *batch) send(ctx context.Context) error {
	if len(b.starts) == 0 {
		return nil
	}
	replies, err := b.client.StartMany(ctx, b.starts, client.RequestID(b.base))
	for i, r := range replies {
		if !r.OK && r.Problem == nil {
			break // never answered
		}
		if err := b.tell(b.lines[i], b.starts[i].Type, r); err != nil {
			return err
		}
	}
	b.lines, b.starts, b.bytes = nil, nil, 0
	b.a.after.goesOn = fmt.Sprintf("%d runs were started, and go on", b.started)
	if err == nil && b.started+b.refused+b.unknown >= b.told+wire.MaxStarts {
		b.told = b.started + b.refused + b.unknown
		b.a.say("%d starts: %s", b.told, b.summary())
	}
	return err
}

// tell prints what became of a line.
func (b *batch) tell(line int, typ string, r wire.StartReply) error {
	switch {
	case r.OK:
		b.started++
	case r.Problem.Outcome == wire.Unknown:
		b.unknown++
	default:
		b.refused++
	}
	if r.Problem != nil {
		fmt.Fprintf(b.a.err, "line %d: error[%s]: %s\n", line, r.Problem.Code, printable(r.Problem.Detail))
	}
	if b.a.json {
		return b.a.document(batchReply{line, r})
	}
	if !r.OK {
		return nil
	}
	_, err := fmt.Fprintf(b.a.out, "started %s: workflow %s, run %s, version %s%s\n", typ, r.WorkflowID, r.RunID, short(r.Version), repeatNote(r.Deduplicated))
	return err
}

func (b *batch) summary() string {
	text := fmt.Sprintf("%d started, %d refused", b.started, b.refused)
	if b.unknown > 0 {
		text += fmt.Sprintf(", %d unknown", b.unknown)
	}
	return text
}

// end tells how it ended, in words and as the exit status.
func (b *batch) end(cmd *cobra.Command) error {
	b.a.say("%d starts: %s", b.started+b.refused+b.unknown, b.summary())
	switch {
	case b.unknown > 0:
		b.a.say("hint: %s", b.a.repetition(cmd, b.base))
		return &reported{exitUnknown}
	case b.refused > 0:
		return &reported{exitRefused}
	}
	return nil
}

// say tells people something that is no answer.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }
