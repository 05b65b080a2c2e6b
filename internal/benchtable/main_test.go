package main

import (
	"strings"
	"testing"
)

const output = `goos: linux
pkg: aion.dev/aion/fsm
cpu: Some CPU
BenchmarkApply/start-2         	   10000	     12345 ns/op	     81000 cmds/s
BenchmarkApply/start-2         	   10000	     12355 ns/op	     81010 cmds/s
BenchmarkSnapshot-2            	       1	9000000000 ns/op
PASS
pkg: aion.dev/aion/engine
BenchmarkTurn-2                	  200000	         5.25 ns/op	       0 allocs/op
ok  	aion.dev/aion/engine	1.2s
`

func TestTable(t *testing.T) {
	r, err := parse(strings.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	r.print(&b, "a machine")
	want := `a machine

fsm

| benchmark | ns/op | cmds/s |
|---|---:|---:|
| Apply/start | 12,350 | 81,005 |
| Snapshot | 9,000,000,000 |  |

engine

| benchmark | ns/op | allocs/op |
|---|---:|---:|
| Turn | 5.25 | 0 |
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestFailuresAreNotHidden(t *testing.T) {
	for name, in := range map[string]string{
		"failed":  output + "--- FAIL: BenchmarkX\nFAIL\taion.dev/aion/x\t1s\n",
		"nothing": "PASS\nok  \taion.dev/aion/x\t1s\n",
	} {
		if _, err := parse(strings.NewReader(in)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
