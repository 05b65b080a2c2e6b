package wasm_test

import (
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	. "aion.dev/aion/engine/runtime/wasm/wasmtest"
)

// What a language does by itself after its code has ended, such as asking for the time when it
// collects garbage, neither changes the end nor keeps the run from answering queries.
func TestAfterTheEnd(t *testing.T) {
	const i, l = "\x7f", "\x7e"
	code := (&Module{Pages: 1, Data: map[int]string{64: "\x01\x04\x00\x00\x00fail", 128: "7q", 192: "\x01\x06\x00\x00\x00failed\x02\x02\x00\x00\x00no"},
		Imports: []Func{
			{Module: "aion", Name: "answer", Params: i + i + i},
			{Module: "aion", Name: "done", Params: l + i + i + i},
			{Module: "aion", Name: "handle", Params: i + i + i},
			{Module: "wasi_snapshot_preview1", Name: "clock_time_get", Params: i + l + i, Results: i},
		},
		Funcs: []Func{{Export: "aion_enter", Params: i + l + i + i, Code: Code(
			Get(0), Const(7), 0x46, 0x04, 0x40, // describe
			Const(0), Const(64), Const(9), Call(0),
			0x05, Get(0), Const(5), 0x46, 0x04, 0x40, // a query
			Const(0), Const(128), Const(1), Call(0),
			0x05, // start
			Const(3), Const(129), Const(1), Call(2),
			Const64(0), Const(1), Const(192), Const(18), Call(1),
			Const(0), Const64(0), Const(256), Call(3), 0x1a,
			0x0b, 0x0b)}}}).Bytes()
	p := compile(t, newRoom(t, wasm.Config{}), code, "fail")
	member := runtimetest.Member
	member.EntryFunction = "fail"
	w := runtimetest.NewWorld(t, p, member, "", runtime.Limits{})
	step := w.Turn()
	if asked := runtimetest.Show(t, step.Asked); !step.Closes || !strings.Contains(asked, `"message":"no"`) {
		t.Errorf("asked %s", asked)
	}
	if answer, err := w.Query("q", ""); err != nil || string(answer) != "7" {
		t.Errorf("answer %s, %v", answer, err)
	}
}
