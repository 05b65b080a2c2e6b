package catalog_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"aion.dev/aion/catalog"
)

// TestCatalog runs the scripts in testdata/catalog. A version is written as its first digits; the
// rest is zeros. Every command is one log entry, numbered from 1 in each file. The answer is what
// changed, or the refusal with its facts; "show" prints everything.
func TestCatalog(t *testing.T) {
	datadriven.Walk(t, "testdata/catalog", func(t *testing.T, path string) {
		c := catalog.New()
		var index uint64
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "show" {
				return show(c)
			}
			index++
			before := show(c)
			published := c.Clone()
			answer, err := play(c, d, index)
			if show(published) != before {
				t.Errorf("%s: changed a clone", d.Pos)
			}
			if err := c.Check(); err != nil {
				t.Errorf("%s: %v", d.Pos, err)
			}
			if err == nil {
				return answer
			}
			if show(c) != before {
				t.Errorf("%s: a refused operation changed something", d.Pos)
			}
			return explain(err)
		})
	})
}

func play(c *catalog.Catalog, d *datadriven.TestData, index uint64) (string, error) {
	arg := func(i int) string {
		if i < len(d.CmdArgs) {
			return d.CmdArgs[i].Key
		}
		return ""
	}
	expect := ""
	for _, a := range d.CmdArgs {
		if a.Key == "expect" && len(a.Vals) == 1 {
			expect = a.Vals[0]
		}
	}
	switch d.Cmd {
	case "load": // load VERSION TYPE... [no-route] [labels=x] [expect=(TYPE,REF)]
		p := pkg(arg(0))
		route := true
		var expects []catalog.Expect
		for _, a := range d.CmdArgs[1:] {
			switch a.Key {
			case "no-route":
				route = false
			case "labels":
				p.ManifestDigest[0] = 1
			case "expect":
				for i := 0; i < len(a.Vals); i += 2 {
					expects = append(expects, catalog.Expect{Type: a.Vals[i], Ref: a.Vals[i+1]})
				}
			default:
				p.Members = append(p.Members, catalog.Member{Type: a.Key, EntryModule: "m", EntryFunction: "run"})
			}
		}
		change, err := c.Load(p, route, expects, index)
		if err != nil {
			return "", err
		}
		out := fmt.Sprintf("loaded %s fresh=%t index=%d\n", brief(change.Package.Version), change.FreshlyLoaded, change.Package.LoadedIndex)
		for _, rc := range change.Routes {
			out += describe(rc)
		}
		return out, nil
	case "route":
		rc, err := c.Route(arg(0), arg(1), expect, index)
		return describe(rc), err
	case "unroute":
		rc, err := c.Unroute(arg(0), expect, index)
		return describe(rc), err
	case "rollback":
		rc, err := c.Rollback(arg(0), expect, index)
		return describe(rc), err
	case "unload":
		p, err := c.CheckUnload(arg(0), arg(1))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("unloaded %s with %s\n", brief(p.Version), strings.Join(p.Types(), ", ")), c.Remove(p.Version)
	case "find":
		v, err := c.Find(arg(0))
		return brief(v) + "\n", err
	case "resolve":
		r, p, m, ok := c.Resolve(arg(0))
		if !ok {
			return "", c.UnknownType(arg(0))
		}
		return fmt.Sprintf("%s runs %s of %s\n", m.Type, brief(r.Version), strings.Join(p.Types(), ", ")), nil
	}
	return "", errors.New("unknown command " + d.Cmd)
}

func pkg(digits string, types ...string) catalog.Package {
	p := catalog.Package{Version: ver(digits)}
	for _, typ := range types {
		p.Members = append(p.Members, catalog.Member{Type: typ, EntryModule: "m", EntryFunction: "run"})
	}
	return p
}

// ver returns the version that starts with digits and continues with zeros.
func ver(digits string) (v catalog.Version) {
	if digits != "" {
		b, err := hex.DecodeString(digits + strings.Repeat("0", 64-len(digits)))
		if err != nil {
			panic(err)
		}
		copy(v[:], b)
	}
	return v
}

func brief(v catalog.Version) string {
	if v.IsZero() {
		return "none"
	}
	return v.String()[:8]
}

func describe(rc catalog.RouteChange) string {
	return fmt.Sprintf("%s -> %s, before: %s, index=%d changed=%t removed=%t\n",
		rc.Type, brief(rc.Version), brief(rc.Previous), rc.Index, rc.Changed, rc.Removed)
}

func show(c *catalog.Catalog) string {
	var b strings.Builder
	for _, p := range c.Packages() {
		fmt.Fprintf(&b, "%s carries %s since %d, routed for [%s]\n",
			brief(p.Version), strings.Join(p.Types(), ", "), p.LoadedIndex, strings.Join(c.RoutesTo(p.Version), ", "))
	}
	for _, r := range c.Rows() {
		fmt.Fprintf(&b, "%s -> %s, before: %s, since %d\n", r.Type, brief(r.Version), brief(r.Previous), r.Index)
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func explain(err error) string {
	coded, ok := err.(interface {
		Code() string
		Facts() map[string]any
	})
	if !ok {
		return "uncoded: " + err.Error() + "\n"
	}
	facts := coded.Facts()
	keys := make([]string, 0, len(facts))
	for k := range facts {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	out := fmt.Sprintf("error[%s]: %s\n", coded.Code(), err)
	for _, k := range keys {
		out += fmt.Sprintf("  %s: %v\n", k, facts[k])
	}
	return out
}
