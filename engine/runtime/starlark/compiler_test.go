package starlark

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
	"go.starlark.net/starlark"
)

const entry = "def run(ctx, input): pass\n"

// A package error has file, line and column.
func TestPackageErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		modules map[string]string
		want    string
	}{
		{"syntax", map[string]string{"main.star": entry + "x = = 1\n"}, "main.star:2:5: got '=', want primary expression"},
		{"indentation", map[string]string{"main.star": "def run(ctx, input):\npass\n"}, "main.star:2:"},
		{"NUL", map[string]string{"main.star": entry + "x = 1 \x00 + no code (\n"}, "main.star:2:7: the source has a NUL byte"},
		{"unknown name", map[string]string{"main.star": "def run(ctx, input):\n    return inptu\n"}, "main.star:2:12: undefined: inptu"},
		{"no such builtin", map[string]string{"main.star": entry + "x = open(\"f\")\n"}, "main.star:2:5: undefined: open"},
		{"no now", map[string]string{"main.star": entry + "x = time.now()\n"}, "main.star:2:9: module has no .now field or method"},
		{"no logarithm", map[string]string{"main.star": entry + "x = math.log(2)\n"}, "main.star:2:9: module has no .log"},
		{"failing top level", map[string]string{"main.star": entry + "x = 1 // 0\n"}, "main.star:2:7: floored division by zero"},
		{"failing in a function", map[string]string{"main.star": entry + "def f(): return [][0]\nx = f()\n"}, "main.star:2:19: index 0 out of range: empty list"},
		{"failing on purpose", map[string]string{"main.star": entry + "fail(\"a\", 1)\n"}, "main.star:2:5: a 1"},
		{"failing module", map[string]string{"main.star": "load(\"lib/x.star\", \"y\")\n" + entry, "lib/x.star": "\ny = 1 + \"a\"\n"}, "lib/x.star:2:7: unknown binary op: int + string"},
		{"unused module", map[string]string{"main.star": entry, "other.star": "x = ("}, "other.star:1:"},
		{"missing module", map[string]string{"main.star": "load(\"x.star\", \"y\")\n" + entry}, "cannot load x.star: the package has no such module"},
		{"relative path", map[string]string{"main.star": "load(\"./x.star\", \"y\")\n" + entry, "x.star": "y = 1"}, "no such module"},
		{"missing name", map[string]string{"main.star": "load(\"x.star\", \"z\")\n" + entry, "x.star": "y = 1"}, "main.star:1:1: load: name z not found in module x.star"},
		{"private name", map[string]string{"main.star": "load(\"x.star\", \"_y\")\n" + entry, "x.star": "_y = 1"}, "main.star:1:17: load: names with leading underscores are not exported: _y"},
		{"guard's name", map[string]string{"main.star": "load(\"x.star\", \"$list\")\n" + entry, "x.star": "y = 1"}, `"$list" is not a name`},
		{"cycle", map[string]string{"main.star": "load(\"a.star\", \"a\")\n" + entry, "a.star": "load(\"b.star\", \"b\")\na = 1", "b.star": "load(\"a.star\", \"a\")\nb = 1"}, "the modules load each other in a cycle"},
		{"own cycle", map[string]string{"main.star": "load(\"main.star\", \"x\")\n" + entry}, "in a cycle"},
		{"no entry module", map[string]string{"other.star": entry}, `entry module "main" of workflow type "main" is not in the package`},
		{"no entry function", map[string]string{"main.star": "def other(ctx, input): pass\n"}, `main.star: entry function "run" of workflow type "main" is not defined`},
		{"entry is no function", map[string]string{"main.star": "run = 1\n"}, `entry function "run" of workflow type "main" is a int`},
		{"too few parameters", map[string]string{"main.star": "def run(ctx): pass\n"}, `main.star:1:1: entry function "run" of workflow type "main" must take (ctx, input)`},
		{"too many parameters", map[string]string{"main.star": "def run(ctx, input, more): pass\n"}, "must take (ctx, input)"},
		{"keyword-only parameter", map[string]string{"main.star": "def run(ctx, input, *, more): pass\n"}, "must take (ctx, input)"},
		{"changing another module's value", map[string]string{"main.star": "load(\"x.star\", \"y\")\ny.append(1)\n" + entry, "x.star": "y = []"}, "main.star:2:9: append: cannot append to frozen list"},
		{"recursion", map[string]string{"main.star": entry + "def f(n): return f(n - 1) if n else 0\nx = f(3)\n"}, "function f called recursively"},
		{"field", map[string]string{"main.star": entry + "x = json\nx.y = 1\n"}, "main.star:3:2: only variables and elements can be assigned to"},
		{"redefining None", map[string]string{"main.star": entry + "None = 1\n"}, "main.star:2:1: None cannot be redefined"},
		{"redefining True", map[string]string{"main.star": entry + "def f(True): pass\n"}, "True cannot be redefined"},
		{"wasm", map[string]string{"main.star": entry, "x.wasm": "\x00asm"}, "x.wasm: there is no runtime for this kind of module"},
		{"large module", map[string]string{"main.star": entry + strings.Repeat("#", maxModuleBytes)}, "a module may have 1048576 bytes"},
		{"large number", map[string]string{"main.star": entry + "x = 1" + strings.Repeat("0", 2000)}, "main.star:2:5: the number has 6644 bits, the limit is 4096"},
		{"many arguments", map[string]string{"main.star": entry + "x = max(" + strings.Repeat("1, ", 251) + "1)\n"}, "main.star:2:8: the call has 252 positional arguments, the limit is 250"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compiler{}.Compile(context.Background(), archive(c.modules))
			wantError(t, err, c.want)
			var e *runtime.PackageError
			if errors.As(err, &e) && (e.Code() != "invalid_package" || e.Facts()["reason"] == "") {
				t.Errorf("code %s, facts %v", e.Code(), e.Facts())
			}
		})
	}
}

func TestPackageErrorHasTheStack(t *testing.T) {
	_, err := Compiler{}.Compile(context.Background(), archive(map[string]string{"main.star": "def f():\n    return g()\ndef g():\n    fail(\"x\")\nf()\n"}))
	var e *runtime.PackageError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := "main.star:5:2 in <toplevel>|main.star:2:13 in f|main.star:4:9 in g"
	if got := strings.Join(e.Stack, "|"); got != want || e.Facts()["line"] != 4 {
		t.Errorf("stack is %s, facts %v", got, e.Facts())
	}
}

func TestManyModules(t *testing.T) {
	modules := map[string]string{"main.star": "load(\"m0.star\", \"x\")\n" + entry}
	for i := range 500 {
		modules[fmt.Sprintf("m%d.star", i)] = fmt.Sprintf("load(\"m%d.star\", y = \"x\")\nx = y + 1\n", i+1)
	}
	modules["m500.star"] = "x = 0"
	if _, err := (Compiler{}).Compile(context.Background(), archive(modules)); err != nil {
		t.Error(err)
	}
	for i := range maxModules {
		modules[fmt.Sprintf("n%d.star", i)] = ""
	}
	_, err := Compiler{}.Compile(context.Background(), archive(modules))
	wantError(t, err, "the limit is 1000")
}

// A deploy that takes too long ends with its context.
func TestCompileIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := Compiler{Limits: runtime.Limits{Steps: 1 << 62}}
	if _, err := c.Compile(ctx, archive(map[string]string{"main.star": entry + "while True: pass\n"})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOtherABI(t *testing.T) {
	a := archive(map[string]string{"main.star": entry})
	a.Manifest.ABI = 3
	_, err := Compiler{}.Compile(context.Background(), a)
	wantError(t, err, "abi 3")
}

// Every built-in of the interpreter is replaced or wrapped by ours, and every method of a built-in
// type has a guard: a new version of the interpreter must not add anything that nobody has
// examined.
func TestNothingIsUnguarded(t *testing.T) {
	for name, v := range starlark.Universe {
		if _, fn := v.(*starlark.Builtin); fn && builtins[name] == nil {
			t.Errorf("built-in function %s is the interpreter's own", name)
		}
	}
	for _, v := range []starlark.HasAttrs{starlark.String(""), starlark.Bytes(""), new(starlark.List), new(starlark.Dict), new(starlark.Set)} {
		table := methodsOf(v)
		for _, name := range v.AttrNames() {
			if table[name] == nil {
				t.Errorf("method %s of %s has no guard", name, v.Type())
			}
		}
		for name := range table {
			if attr, err := v.Attr(name); err != nil || attr == nil {
				t.Errorf("%s has no method %s", v.Type(), name)
			}
		}
	}
}
