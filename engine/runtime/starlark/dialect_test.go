package starlark

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/starlarktest"
	"go.starlark.net/syntax"
)

// The interpreter's own test suite must pass after the rewriting: a guard may refuse what is too
// large or too deep, but must not change what code means. deviations lists where our dialect
// differs on purpose.
func TestInterpretersOwnSuite(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "go.starlark.net").Output()
	if err != nil {
		t.Fatalf("where is the interpreter's source? %v", err)
	}
	folder := filepath.Join(strings.TrimSpace(string(out)), "starlark", "testdata")
	met := make(map[string]bool)
	for _, name := range []string{"assign", "bool", "builtins", "bytes", "control", "dict", "float", "function", "function_param", "int", "list", "misc", "set", "string", "tuple", "while"} {
		source, err := os.ReadFile(filepath.Join(folder, name+".star"))
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for _, chunk := range strings.Split(string(source), "\n---\n") {
			for _, problem := range runChunk(t, name, line, chunk) {
				known := false
				for _, d := range deviations {
					if strings.Contains(problem, d.problem) {
						known, met[d.problem] = true, true
					}
				}
				if !known {
					t.Error(problem)
				}
			}
			line += strings.Count(chunk, "\n") + 2
		}
	}
	for _, d := range deviations {
		if !met[d.problem] {
			t.Errorf("the deviation %q is gone: remove it from the list", d.problem)
		}
	}
}

var deviations = []struct{ problem, reason string }{
	{"assign.star:279: got", "fields cannot be assigned to: no value of this language has any that can be"},
	{"builtins.star:190: got", "likewise"},
	{"function.star:85: got", "likewise"},
	{"assign.star:338:", "the file option loadbindsglobally does not exist here"},
	{"builtins.star:233:", "fail's message is what code says, without the interpreter's prefix"},
	{"builtins.star:236:", "likewise"},
	{"builtins.star:238:", "likewise"},
	{"builtins.star:240:", "likewise"},
	{"control.star:59: got", "the suite's infinite iterable does not exist here: all iterables know their length"},
	{"list.star:166: got", "likewise"},
	{"did not match error (extend: cannot extend frozen list)", "list += is the method extend, and says so"},
	{"regular expression (maximum recursion) did not match error (the value is nested deeper", "depth is checked before comparing"},
	{"regular expression (repeat count 1000000000000 too large)", "repeats are refused with the limit named"},
	{"regular expression (excessive repeat", "likewise"},
	{"dict.star:241: got", "the entries of a comprehension are added when it has collected them"},
	{"dict.star:242: no error", "likewise"},
	{"(want error matching \"no len\")", "code points know their number"},
	{"(format: keyword a.b not found)", "a field is a number or a name, and nothing else is explained"},
	{"(format: keyword a[0] not found)", "likewise"},
	{"(format: keyword  { not found)", "likewise"},
	{"(dict: element 0 of the sequence is not a pair but string)", "worded otherwise"},
}

var expected = regexp.MustCompile(`### *("(?:[^"\\]|\\.)*"|` + "`[^`]*`)")

// runChunk runs one chunk of a suite file and returns every deviation from its expectations.
func runChunk(t *testing.T, name string, line int, chunk string) (problems []string) {
	want := make(map[int]string) // by line
	for i, text := range strings.Split(chunk, "\n") {
		if found := expected.FindStringSubmatch(text); found != nil {
			pattern, err := strconv.Unquote(found[1])
			if err != nil {
				t.Fatal(err)
			}
			want[line+i] = pattern
		}
	}
	got := func(at int, msg string) {
		pattern, ok := want[at]
		if matched, _ := regexp.MatchString(pattern, msg); ok && matched {
			delete(want, at)
			return
		}
		problems = append(problems, fmt.Sprintf("%s.star:%d: got %q, want %q", name, at, msg, pattern))
	}
	opts := *dialects[1]
	opts.Recursion = strings.Contains(chunk, "option:recursion")
	opts.GlobalReassign = strings.Contains(chunk, "option:globalreassign")
	opts.TopLevelControl = strings.Contains(chunk, "option:toplevelcontrol")
	opts.While = strings.Contains(chunk, "option:while")
	// Keep the line numbers of the file.
	file, err := opts.Parse(name+".star", strings.Repeat("\n", line-1)+chunk, 0)
	if err != nil {
		e := err.(syntax.Error)
		got(int(e.Pos.Line), e.Msg)
		return append(problems, unmet(name, want)...)
	}
	r := &rewriter{file: file, clean: make(map[site]bool)}
	if err := r.rewrite(); err != nil {
		got(err.(*runtime.PackageError).Line, err.Error())
		return append(problems, unmet(name, want)...)
	}
	names := maps.Clone(predeclared[1])
	names["struct"] = starlark.NewBuiltin("struct", starlarkstruct.Make)
	names["fibonacci"] = starlark.None
	names["hasfields"] = starlark.None
	compiled, err := starlark.FileProgram(file, names.Has)
	if err != nil {
		e := syntaxError(name, err)
		got(e.Line, e.Reason)
		return append(problems, unmet(name, want)...)
	}
	m := newMeter("suite", nil, runtime.DefaultLimits())
	m.begin(true)
	starlarktest.SetReporter(m.thread, reporter(func(msg string) { problems = append(problems, fmt.Sprintf("%s.star:%d: %s", name, line, msg)) }))
	m.thread.Load = func(_ *starlark.Thread, module string) (starlark.StringDict, error) {
		return starlarktest.LoadAssertModule()
	}
	if _, err := compiled.Init(m.thread, names); err != nil {
		at := line
		if e, ok := err.(*starlark.EvalError); ok {
			for i := range e.CallStack {
				if p := e.CallStack.At(i).Pos; p.Filename() == name+".star" {
					at = int(p.Line)
					break
				}
			}
		}
		got(at, err.Error())
	}
	return append(problems, unmet(name, want)...)
}

func unmet(name string, want map[int]string) (problems []string) {
	for at, pattern := range want {
		problems = append(problems, fmt.Sprintf("%s.star:%d: no error, want %q", name, at, pattern))
	}
	return problems
}

type reporter func(string)

func (r reporter) Error(args ...any) { r(fmt.Sprint(args...)) }
