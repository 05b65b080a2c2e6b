package wasm_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	. "aion.dev/aion/engine/runtime/wasm/wasmtest"
	"aion.dev/aion/fsm/history"
)

// repeated makes a call as often as that when the run starts.
func repeated(times int, call ...any) []any {
	return []any{Get(0), Const(1), 0x46, 0x04, 0x40, 0x03, 0x40, Code(call...), 0x1a, Get(4), Const64(1), 0x7c, 0x22, 4, Const64(int64(times)), 0x53, 0x0d, 0, 0x0b, 0x0b}
}

// What a call of WASI does for many things at a time counts as much as it takes: otherwise a turn
// within its limit could take hours. What it does for few costs what it always has.
func TestManyAtATimeAreCounted(t *testing.T) {
	subscription := make([]byte, 48)
	binary.LittleEndian.PutUint64(subscription[24:], 1) // a clock that has nearly run out
	clocks := strings.Repeat(string(subscription), 1000)
	lines := "\x10\x04\x00\x00\x00\x40\x00\x00" + "        " + strings.Repeat("\n", 16<<10)
	room := newRoom(t, wasm.Config{})
	for name, c := range map[string]struct {
		data      string
		few, many int
		call      func(n int) []byte
	}{
		"clocks":  {clocks, 64, 1000, func(n int) []byte { return Code(Const(atFree), Const(1<<16), Const(n), Const(0), Call(hPoll)) }},
		"random":  {"", 1 << 10, 64 << 10, func(n int) []byte { return Code(Const(0), Const(n), Call(hRandomGet)) }},
		"vectors": {"", 64, 1000, func(n int) []byte { return Code(Const(1), Const(atFree), Const(n), Const(0), Call(hWrite)) }},
		"lines": {lines, 64, 16 << 10, func(n int) []byte {
			return Code(Const(atFree+4), Const(n), 0x36, 2, 0, Const(1), Const(atFree), Const(1), Const(0), Call(hWrite))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for n, want := range map[int]string{c.few: "the code waits for nothing that can come", c.many: "the turn makes more than 100000 steps"} {
				m := guestOf(c.data, repeated(200, c.call(n))...)
				m.Pages = 3
				w := runtimetest.NewWorld(t, compile(t, room, m.Bytes(), "run", "x"), member, "", runtime.Limits{Steps: 100_000})
				if got := runtimetest.Show(t, w.Turn().Asked); !strings.Contains(got, want) {
					t.Errorf("%d at a time: got %s", n, got)
				}
				if most := runtime.DefaultLimits().LogBytes; len(w.Logs) > most+1 {
					t.Errorf("it leaves %d lines in the log, of which %d bytes are kept", len(w.Logs), most)
				}
			}
		})
	}
}

// meddler interrupts a run at its tenth draw.
type meddler struct {
	runtime.Program
	cause     error
	execution runtime.Execution
	draws     int
}

// Start implements runtime.Program.
func (m *meddler) Start(entry catalog.Member, input history.Payload, host runtime.Host, limits runtime.Limits) runtime.Execution {
	m.execution = m.Program.Start(entry, input, &meddling{host, m}, limits)
	return m.execution
}

type meddling struct {
	runtime.Host
	m *meddler
}

// Random implements runtime.Host.
func (h *meddling) Random() (uint64, error) {
	if h.m.draws++; h.m.draws == 10 {
		h.m.execution.Interrupt(h.m.cause)
	}
	return h.Host.Random()
}

// A turn is interrupted at its next call, though it has used next to nothing of its portion.
func TestCallsAreInterrupted(t *testing.T) {
	m := &meddler{cause: errors.New("gone"), Program: compile(t, newRoom(t, wasm.Config{}), guestOf("", repeated(100, Code(Const(0), Const(8), Call(hRandomGet)))...).Bytes(), "run", "x")}
	w := runtimetest.NewWorld(t, m, member, "", runtime.Limits{})
	if _, err := w.Machine.Next(t.Context(), w.Events); !errors.Is(err, m.cause) || m.draws != 10 {
		t.Errorf("after %d draws it ends with %v", m.draws, err)
	}
}
