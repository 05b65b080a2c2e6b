package wasm_test

import (
	"context"
	"errors"
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	. "aion.dev/aion/engine/runtime/wasm/wasmtest"
	"aion.dev/aion/fsm/history"
)

// source makes choices of bytes.
type source struct{ b []byte }

func (s *source) next() int {
	if len(s.b) == 0 {
		return 0
	}
	n := s.b[0]
	s.b = s.b[1:]
	return int(n)
}

// address is where something lies, or nothing does.
func (s *source) address() []byte {
	return Const([]int{0, atTimer, atSignal, atFree, atFree + 8, 65530, -1, 40000}[s.next()%8])
}

func (s *source) size() []byte {
	return Const([]int{0, 1, len(timer), len(signal), 5, 8, 64, -1}[s.next()%8])
}

// small is an ordinal, a token, a kind or a mode, mostly one that exists.
func (s *source) small() int { return []int{0, 1, 2, 3, 4, 5, 6, -1}[s.next()%8] }

// calls writes a few calls with arguments of all sorts.
func (s *source) calls() (code []byte) {
	for range s.next() % 12 {
		switch call := s.next() % 16; call {
		case 0:
			code = Code(code, s.address(), s.size(), Call(hRead))
		case 1, 2, 3:
			kind, record, size := 1, atTimer, len(timer)
			if call == 2 {
				kind, record, size = 2, atSignal, len(signal)
			}
			if call == 3 {
				kind, record, size = s.small(), atFree, s.next()
			}
			code = Code(code, Const(kind), Const(record), Const(size), Call(hStart), 0x1a)
		case 4, 5: // waits for the ordinals that are at atFree, under any token
			code = Code(code, Const64(int64(s.small())), Const(s.small()), s.address(), Const(s.next()%4), Call(hWait), 0x1a)
		case 6:
			code = Code(code, Const64(int64(s.small())), Const(s.next()%2), s.address(), s.size(), Call(hDone))
		case 7:
			code = Code(code, Const64(int64(s.small())), Call(hState), 0x1a)
		case 8:
			code = Code(code, Const64(int64(s.small())), Call(hCancel))
		case 9:
			code = Code(code, Const(s.small()), Const(atSignal+5), Const(s.next()%3), Call(hHandle))
		case 10:
			code = Code(code, Const(s.small()), s.address(), s.size(), Call(hTell))
		case 11:
			code = Code(code, Const(s.next()%2), s.address(), s.size(), Call(hContinue))
		case 12:
			code = Code(code, Call(hRandom), 0x1a, Call(hNow), 0x1a, Call(hInfo), 0x1a, Const(s.next()%2), Call(hCancelled), 0x1a)
		case 13:
			code = Code(code, Const(1), s.address(), Const(s.next()%3), s.address(), Call(hWrite), 0x1a)
		case 14:
			code = Code(code, s.address(), Const64(int64(s.small())), 0x37, 0, 0) // what an ordinal, a record or a size is
		case 15:
			code = Code(code, Const64(int64(s.small())), Call(hHolds))
		}
	}
	return code
}

// lives makes a run of up to four turns, and says all that can be seen of it.
func lives(t *testing.T, p runtime.Program, input string) (seen string) {
	w := runtimetest.NewWorld(t, p, member, input, runtime.Limits{Steps: 20_000, Pending: 20})
	defer func() { w.Machine.Close() }()
	for _, news := range [][]history.Data{nil, {&history.SignalReceived{Name: "a", Payload: history.Payload("1")}}, {&history.TimerFired{ID: 1}}, {&history.CancelRequested{}}} {
		w.Append(news...)
		step, err := w.Machine.Next(context.Background(), w.Events[w.Machine.Seen():])
		var crash *runtime.Crash
		var sooner *replay.Sooner
		switch {
		case errors.As(err, &crash):
			t.Fatalf("it crashed: %v", crash)
		case errors.As(err, &sooner):
			return seen + "sooner"
		case err != nil:
			return seen + err.Error()
		}
		w.Record(step)
		if seen += runtimetest.Show(t, step.Asked); step.Closes {
			break
		}
		w.Rebuild().Close()
	}
	return seen
}

// FuzzGuest: no guest brings the room down, and what it does is the same compiled, interpreted, on
// a used instance, and in a replay.
func FuzzGuest(f *testing.F) {
	f.Add([]byte{3, 1, 4, 1, 0, 3, 1}, []byte{3, 7, 1, 6, 0, 0, 3, 0}, "\x01\x00\x00\x00\x00\x00\x00\x00")
	f.Add([]byte{4, 9, 1, 1, 2, 14, 3, 1, 4, 1, 0, 3, 1}, []byte{2, 8, 1, 12}, "\x02\x00\x00\x00\x00\x00\x00\x00")
	f.Add([]byte{2, 3, 4, 30, 10, 1, 3, 4}, []byte{1, 11, 0, 0}, "\x01\x06\x00\x00\x00charge\x03\x01\x00\x00\x001")
	var rooms [2]*wasm.Room
	for i, cfg := range []wasm.Config{{}, {Interpret: true, Resident: 1}} {
		rooms[i] = newRoom(f, cfg)
	}
	f.Fuzz(func(t *testing.T, start, later []byte, data string) {
		if len(data) > 4096 {
			return
		}
		first, second := &source{start}, &source{later}
		m := guestOf(data, Get(0), Const(1), 0x46, 0x04, 0x40, first.calls(), 0x05, second.calls(), 0x0b)
		var seen []string
		for _, r := range rooms {
			p, err := tryCompile(t, r, m.Bytes(), "run", "charge")
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, lives(t, p, "[1]"), lives(t, p, "[1]"))
		}
		for _, other := range seen[1:] {
			if other != seen[0] {
				t.Fatalf("one life:\n%s\nanother:\n%s", seen[0], other)
			}
		}
	})
}
