package starlark

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark/surface"
	"go.starlark.net/starlark"
)

// What package surface says code can call is what there is: the names, how many parameters, and
// what they are called.
func TestSurface(t *testing.T) {
	for class, names := range map[string][]string{
		"Context": contextNames, "Info": infoNames[2], "Link": linkFields, "Outcome": outcomeFields, "Error": errorFields,
		"Future": new(future).AttrNames(), "json": jsonModule.Members.Keys(), "math": mathModule.Members.Keys(), "time": timeModule.Members.Keys(),
	} {
		got := slices.Sorted(slices.Values(surface.Classes[class].Names()))
		if want := slices.Sorted(slices.Values(names)); !slices.Equal(got, want) {
			t.Errorf("%s: surface has %q, the runtime %q", class, got, want)
		}
	}
	for abi, tables := range map[int][]map[string]builtin{1: {builtins}, 2: {builtins, builtins2}} {
		var want, got []string
		for _, table := range tables {
			for name := range table {
				want = append(want, name)
			}
		}
		for _, m := range surface.Builtins.Members {
			if m.ABI() <= abi {
				got = append(got, m.Name)
			}
		}
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("abi %d: surface has %q, the runtime %q", abi, got, want)
		}
	}
	for _, m := range surface.Classes["Context"].Members {
		if m.Func() {
			checkParams(t, &m)
		}
	}
}

// checkParams calls a method of ctx without a host: arguments are checked before that is needed.
func checkParams(t *testing.T, m *surface.Member) {
	call := func(args starlark.Tuple, kwargs ...starlark.Tuple) (text string) {
		defer func() {
			if v := recover(); v != nil {
				text = "called the host"
			}
		}()
		e := &execution{program: &program{}, account: &account{}, limits: runtime.DefaultLimits()}
		_, err := starlark.Call(e.newMeter("test").thread, contextMethods[m.Name].BindReceiver(&workflow{e}), args, kwargs)
		return fmt.Sprint(err)
	}
	many := make(starlark.Tuple, len(m.Params)+1)
	for i := range many {
		many[i] = starlark.None
	}
	if text := call(many); !strings.Contains(text, fmt.Sprintf("got %d arguments, want at most %d", len(many), len(m.Params))) && text != "called the host" {
		t.Errorf("ctx.%s with %d arguments: %s", m.Name, len(many), text)
	}
	for _, p := range m.Params {
		if text := call(nil, starlark.Tuple{starlark.String(p.Name), starlark.None}); strings.Contains(text, "unexpected keyword") {
			t.Errorf("ctx.%s: %s", m.Name, text)
		}
		if p.Optional {
			continue
		}
		if text := call(nil, starlark.Tuple{starlark.String("no_such"), starlark.None}); !strings.Contains(text, "missing argument") && !strings.Contains(text, "unexpected keyword") {
			t.Errorf("ctx.%s without %s: %s", m.Name, p.Name, text)
		}
	}
}
