package wasm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
)

// statements writes a few calls of a script, with arguments of all sorts.
func (s *source) statements() string {
	one := func(of ...string) string { return of[s.next()%len(of)] }
	number := func() string {
		return one("0", "1", "2", "3", "4", "5", "6", "7", "-1", "1.5", "NaN", "id", "token", "1e300", `"1"`)
	}
	record := func() string {
		return one(`{"1":1000000000}`, `{"1":"a"}`, `{"1":"charge","3":1,"20":2}`, `{"1":"t","2":"w","9":["k"],"10":[1]}`, `{}`, `{"1":"w","2":"a","3":[]}`, `[`, `{"2":"x","5":1}`, `"x"`, `{"24":["a","b"]}`, "1")
	}
	text := func() string { return "'" + record() + "'" }
	var b strings.Builder
	for range s.next() % 12 {
		b.WriteString(one(
			"id = aion.start("+number()+", "+text()+");",
			"id = aion.start(1, '{\"1\":1000000000}');",
			"if (aion.wait("+number()+", "+number()+", "+one("String(id)", `""`, `"1,2"`, `"1"`, `"x"`)+") >= 0) aion.log('over');",
			"aion.log(aion.state("+number()+"));",
			"aion.cancel("+number()+");",
			"aion.handle("+number()+", "+one(`"a"`, `"b"`, `""`)+");",
			"aion.done(token, "+number()+", "+text()+");",
			"aion.tell("+number()+", "+text()+");",
			"aion.log(aion.draw() + aion.random() + aion.now() + aion.info() + aion.cancelled("+number()+"));",
			"aion.log(aion.stack(new Error('x').stack + "+text()+"));",
			"aion.holds("+number()+");",
			"aion.continue("+number()+", "+text()+");",
			"Promise.resolve().then(() => {"+one("aion.log('later')", "throw 1", "aion.done(token, 0, '1')")+"});",
			"last = Promise.reject("+number()+");",
			"if (last) last.catch(() => aion.log('caught'));",
			"return "+one("id", "1", "2", "token", "-1", "1.5", "'1'", "{}", "9e9")+";",
			one("try { aion.gone() } catch (e) { aion.log(String(e)) };", "throw new Error('out');", "list.push(new ArrayBuffer(1000 * "+number()+" || 0));"),
		))
	}
	return b.String()
}

// FuzzScript is FuzzGuest for scripts.
func FuzzScript(f *testing.F) {
	const bundle = `let id = 0, last, list = [], code; aion.enter = (op, token, at, text) => {
  if (op === 7) return aion.answer(0, '{"1":["run"]}');
  if (op === 1) code = JSON.parse(text).map((c) => Function("s", "op", "token", "at", "with (s) {" + c + "}"));
  return code[op === 1 ? 0 : 1]({ aion, get id() { return id }, set id(v) { id = v }, get last() { return last }, set last(v) { last = v }, list }, op, token, at);
}; aion.resume = (token, state, told) => { list.push(told); return aion.enter(2, token, state, JSON.stringify(told)) };`
	f.Add([]byte{3, 1, 2, 0, 0, 0, 5, 1, 6, 0, 0}, []byte{2, 6, 0, 0})
	f.Add([]byte{11, 12, 1, 13, 2, 14, 15, 0, 8, 0, 9, 3}, []byte{5, 3, 1, 4, 1, 10, 1})
	f.Add([]byte{4, 0, 2, 1, 7, 1, 5, 5, 0, 1, 2, 0, 5, 1}, []byte{3, 8, 1, 11, 0, 1})
	var programs []runtime.Program
	for _, cfg := range []wasm.Config{{}, {Interpret: true, Resident: 1}} {
		programs = append(programs, script(f, newRoom(f, cfg), bundle, "run", "charge"))
	}
	f.Fuzz(func(t *testing.T, start, later []byte) {
		first, second := &source{start}, &source{later}
		input, err := json.Marshal([]string{first.statements(), second.statements()})
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, p := range programs {
			seen = append(seen, lives(t, p, string(input)), lives(t, p, string(input)))
		}
		for _, other := range seen[1:] {
			if other != seen[0] {
				t.Fatal(fmt.Sprintf("%s\none life:\n%s\nanother:\n%s", input, seen[0], other))
			}
		}
	})
}
