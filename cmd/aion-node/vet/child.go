package vet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
)

// Child compiles the archive on in and prints a verdict on out. An error means that it could not do
// its work; a bad archive is a verdict.
func Child(ctx context.Context, limits string, in io.Reader, out io.Writer, compiler func(Limits) runtime.Compiler) error {
	var l Limits
	if err := json.Unmarshal([]byte(limits), &l); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	if l.MemoryBytes == 0 {
		debug.SetGCPercent(100)
	} else {
		debug.SetGCPercent(-1)                      // most archives need less, and the process ends with them
		debug.SetMemoryLimit(l.MemoryBytes / 4 * 3) // collect before giving up
		debug.SetMaxStack(int(l.MemoryBytes / 4))
		if err := cage(l.MemoryBytes); err != nil {
			return fmt.Errorf("limit memory to %d bytes: %w", l.MemoryBytes, err)
		}
	}
	archive, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	v := verdict{Passed: true}
	if err := compile(ctx, archive, l, compiler(l)); err != nil {
		var refusal interface {
			Code() string
			Facts() map[string]any
		}
		if !errors.As(err, &refusal) {
			return err
		}
		v = verdict{Problem: &Problem{Name: refusal.Code(), Detail: err.Error(), About: refusal.Facts()}}
	}
	return json.NewEncoder(out).Encode(v)
}

func compile(ctx context.Context, data []byte, l Limits, c runtime.Compiler) error {
	archive, err := catalog.Open(data, l.Archive)
	if err != nil {
		return err
	}
	_, err = c.Compile(ctx, archive)
	return err
}
