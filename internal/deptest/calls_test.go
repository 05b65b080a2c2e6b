package deptest

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pure are the packages whose results may depend only on their arguments.
var pure = map[string]string{
	"fsm":                "every node applies the same entries, and must reach the same state, byte for byte",
	"internal/namespace": "what it makes of names stands in rows and entries",
	"fsm/cbor":           "it writes the bytes of rows and entries",
	"fsm/rows":           "the bytes of rows are part of the digest, which nodes compare",
	"fsm/store":          "what the digest covers, and what an entry reads of its own changes, is the same on every node",
	"engine/replay":      "a turn computed again, on another node or years later, must be the same turn",
}

// timeless are the packages whose decisions depend only on their arguments, too. Nodes compare what
// follows from these decisions, but not their texts, which people read.
var timeless = map[string]string{
	"engine/calendar": "when a schedule fires follows from its definition, whoever asks and whenever",
}

// forbidden are functions, and with a nil list packages, whose result differs between nodes or
// between two calls.
var forbidden = map[string][]string{
	"time":         {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"os":           {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Hostname", "Getpid", "Getwd"},
	"math/rand":    nil,
	"math/rand/v2": nil,
	"crypto/rand":  nil,
	"hash/maphash": nil,
	"net":          nil,
	"net/http":     nil,
	"os/exec":      nil,
}

// reworded are packages whose output a release of Go may change: how JSON escapes, which numbers it
// accepts, which characters count as printable. What apply stores is part of the digest, and what
// it reads decides which rows exist. So nodes built by two toolchains would stop each other. Read
// and write such things with code of our own (fsm/jsontext.go, fsm/rows/jsonlist.go,
// catalog.Quote).
var reworded = map[string]bool{
	"encoding/json": true, "encoding/json/v2": true, "encoding/json/jsontext": true, "encoding/xml": true, "encoding/gob": true, "encoding/csv": true,
	"text/template": true, "html/template": true, "html": true, "text/tabwriter": true, "regexp": true, "net/url": true, "mime": true, "compress/flate": true,
	"compress/gzip": true, "go/format": true, "sort": true,
}

// shown are the files whose texts people see but no node compares.
var shown = map[string]string{
	"asked.go": "a report of a mismatch is made before the log, and travels in the command",
}

// verbs are fmt verbs whose text depends on a table or a type: %q asks Unicode what is printable,
// %v prints whatever it is given.
var verbs = regexp.MustCompile(`%[-+# 0-9.*\[\]]*[qvU]`)

// excuse, on the line of a loop or the line above, says why the loop's order does not matter.
const excuse = "any order:"

func TestPurePackagesCallNothingUncertain(t *testing.T) {
	var paths []string
	for _, path := range slices.Concat(slices.Collect(maps.Keys(pure)), slices.Collect(maps.Keys(timeless))) {
		paths = append(paths, "./"+path)
	}
	deps, err := goList(append([]string{"-export", "-deps"}, paths...)...)
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for _, p := range deps {
		exports[p.ImportPath] = p.Export
	}
	checked := 0
	for _, p := range deps {
		why, compared := pure[p.short()]
		if !compared {
			why = timeless[p.short()]
		}
		if why == "" || p.Standard {
			continue
		}
		checked++
		found, err := impurities(sources(t, p), exports, compared)
		if err != nil {
			t.Errorf("%s: %v", p.short(), err)
		}
		for _, f := range found {
			t.Errorf("%s/%s: %s", p.short(), f, why)
		}
	}
	if checked != len(paths) {
		t.Fatalf("checked %d packages of %d", checked, len(paths))
	}
}

func sources(t *testing.T, p pkg) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, name := range p.GoFiles {
		b, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(b)
	}
	return files
}

// impurities type-checks the files of one package, against the export data of its imports, and
// returns its forbidden calls. texts says that nodes compare the texts that it makes.
func impurities(files map[string]string, exports map[string]string, texts bool) (found []string, err error) {
	fset := token.NewFileSet()
	var parsed []*ast.File
	for name, text := range files {
		f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{
		Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
			if exports[path] == "" {
				return nil, fmt.Errorf("no export data of %s: does it build?", path)
			}
			return os.Open(exports[path])
		}),
	}
	if _, err := conf.Check("pure", fset, parsed, info); err != nil {
		return nil, err
	}
	for _, f := range parsed {
		found = append(found, (&inspection{fset: fset, info: info, texts: texts, excused: excusedLines(fset, f)}).of(f)...)
	}
	return found, nil
}

// excusedLines returns the lines whose loops have an excuse.
func excusedLines(fset *token.FileSet, f *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range f.Comments {
		for _, c := range group.List {
			if strings.Contains(c.Text, excuse) {
				line := fset.Position(group.End()).Line
				lines[line], lines[line+1] = true, true
			}
		}
	}
	return lines
}

type inspection struct {
	fset    *token.FileSet
	info    *types.Info
	texts   bool // they are compared
	excused map[int]bool
	found   []string
}

func (i *inspection) of(f *ast.File) []string {
	sorted := map[ast.Node]bool{} // calls whose result is sorted at once
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			i.report(n, "starts a goroutine, whose steps interleave differently every time")
		case *ast.RangeStmt:
			if _, ok := i.info.Types[n.X].Type.Underlying().(*types.Map); ok {
				i.report(n, "ranges over a map, whose order differs every time (sort the keys, or say "+excuse+" and why)")
			}
		case *ast.CallExpr:
			name := i.function(n)
			if format, ok := i.format(name, n); ok && i.texts && verbs.MatchString(format) {
				i.report(n, "formats with "+verbs.FindString(format)+", whose text may differ between releases of Go (catalog.Quote, or a verb that says what it prints)")
			}
			if strings.HasPrefix(name, "slices.Sorted") {
				for _, arg := range n.Args {
					sorted[arg] = true
				}
			}
			if (name == "maps.Keys" || name == "maps.Values" || name == "maps.All") && !sorted[n] {
				i.report(n, "takes "+name+" unsorted, whose order differs every time (slices.Sorted, or say "+excuse+" and why)")
			}
		case *ast.Ident:
			if o := i.info.Uses[n]; o != nil && o.Pkg() != nil {
				i.use(n, o)
			}
		}
		return true
	})
	return i.found
}

// function returns the called function as "path.Name", or nothing.
func (i *inspection) function(call *ast.CallExpr) string {
	fun := call.Fun
	if generic, ok := fun.(*ast.IndexExpr); ok {
		fun = generic.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if f, ok := i.info.Uses[sel.Sel].(*types.Func); ok && f.Pkg() != nil && f.Signature().Recv() == nil {
		return f.Pkg().Path() + "." + f.Name()
	}
	return ""
}

// format returns the format of a call of fmt that returns a text.
func (i *inspection) format(name string, call *ast.CallExpr) (string, bool) {
	if name != "fmt.Sprintf" && name != "fmt.Errorf" || len(call.Args) == 0 {
		return "", false
	}
	value := i.info.Types[call.Args[0]].Value
	if value == nil || value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(value), true
}

// use reports a forbidden function, called or passed on as a value.
func (i *inspection) use(at *ast.Ident, o types.Object) {
	if path := o.Pkg().Path(); i.texts && reworded[path] && shown[i.fset.Position(at.Pos()).Filename] == "" {
		i.report(at, "uses "+path+"."+o.Name()+", whose output may differ between releases of Go (fsm/jsontext.go)")
	}
	names, ok := forbidden[o.Pkg().Path()]
	f, isFunc := o.(*types.Func)
	if !ok || names != nil && (!isFunc || f.Signature().Recv() != nil) {
		return
	}
	if names == nil {
		i.report(at, "uses "+o.Pkg().Path()+"."+o.Name())
	}
	for _, name := range names {
		if o.Name() == name {
			i.report(at, "uses "+o.Pkg().Path()+"."+name)
		}
	}
}

func (i *inspection) report(n ast.Node, what string) {
	at := i.fset.Position(n.Pos())
	if i.excused[at.Line] && strings.Contains(what, excuse) {
		return
	}
	i.found = append(i.found, fmt.Sprintf("%s:%d %s", at.Filename, at.Line, what))
}

func TestTheCallCheckBites(t *testing.T) {
	deps, err := goList("-export", "-deps", "time", "maps", "slices", "os", "math/rand/v2", "encoding/json", "fmt")
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for _, p := range deps {
		exports[p.ImportPath] = p.Export
	}
	for body, want := range map[string]string{
		`_ = time.Now()`:                                      "time.Now",
		`clock := time.Now; _ = clock`:                        "time.Now",
		`_ = time.Duration(1).String()`:                       "",
		`_ = os.Getenv("X")`:                                  "os.Getenv",
		`_ = rand.IntN(3)`:                                    "math/rand/v2.IntN",
		`go func() {}()`:                                      "goroutine",
		`for range table {}`:                                  "ranges over a map",
		"// any order: it only counts\nfor range table {}":    "",
		`for range 3 {}`:                                      "",
		`for k := range maps.Keys(table) { _ = k }`:           "maps.Keys",
		`_ = slices.Collect(maps.Values(table))`:              "maps.Values",
		`_ = slices.Sorted(maps.Keys(table))`:                 "",
		`_ = maps.Clone(table)`:                               "",
		`_, _ = json.Marshal(1)`:                              "encoding/json.Marshal",
		`var _ json.RawMessage`:                               "encoding/json.RawMessage",
		`_ = fmt.Sprintf("a %-5.3q", "b")`:                    "%-5.3q",
		`_ = fmt.Errorf("a %+v", table)`:                      "%+v",
		`_ = fmt.Sprintf("%s has 100%% of %d: %x", "", 1, 2)`: "",
	} {
		text := "package pure\nimport (\"encoding/json\"; \"fmt\"; \"maps\"; \"math/rand/v2\"; \"os\"; \"slices\"; \"time\")\n" +
			"type named map[int]int\nvar table named\nvar c chan int\n" +
			"var _, _, _, _ = maps.Clone[named], os.ErrExist, slices.Clone[[]int], time.Second\nfunc f() {\n" + body + "\n}\n"
		for _, unused := range []string{"encoding/json", "fmt"} {
			if !strings.Contains(body, unused[strings.LastIndex(unused, "/")+1:]+".") {
				text = strings.Replace(text, `"`+unused+`"; `, "", 1)
			}
		}
		if !strings.Contains(body, "rand.") {
			text = strings.Replace(text, "\"math/rand/v2\"; ", "", 1)
		}
		found, err := impurities(map[string]string{"f.go": text}, exports, true)
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if got := strings.Join(found, "; "); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: found %q, want %q", body, got, want)
		}
	}
}
