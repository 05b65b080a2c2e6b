package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"aion.dev/aion/catalog"
)

// model is a naive catalog: lists, no rows of unrouted types, no indexes.
type model struct {
	carries map[string][]string // loaded version -> its types
	routed  map[string]string   // type -> version
	// type -> version routed before; for an unrouted type: the version it was routed to
	previous map[string]string
}

// A catalog, a plain model, and a catalog that is rebuilt from stored rows before every step get
// the same random operations and must agree. After each operation these hold: I1 (every routed
// version is loaded), I4 (a routed version cannot be removed), I5 (one route per type), I6 (members
// share load and unload), and a refused operation changes nothing.
func TestCatalogProperties(t *testing.T) {
	carried := map[string][]string{ // content decides the members, so each version always has the same ones
		"aaaaaa": {"order", "refund"}, "bbbbbb": {"order"}, "cccccc": {"refund", "ship"}, "dddddd": {"order", "refund", "ship"}, "eeeeee": {"ship"},
	}
	versions := []string{"aaaaaa", "bbbbbb", "cccccc", "dddddd", "eeeeee"}
	types := []string{"order", "refund", "ship"}
	rapid.Check(t, func(t *rapid.T) {
		c := catalog.New()
		m := model{map[string][]string{}, map[string]string{}, map[string]string{}}
		rows := map[string]catalog.Route{}
		stored := map[string]catalog.Package{}
		var index uint64
		keep := func(rc catalog.RouteChange) {
			if rc.Changed {
				rows[rc.Type] = rc.Row()
			}
		}
		point := func(typ, v string) {
			if m.routed[typ] == v {
				return
			}
			if old := m.routed[typ]; old != "" {
				m.previous[typ] = old
			} else if m.previous[typ] == v {
				m.previous[typ] = ""
			}
			m.routed[typ] = v
		}
		step := func(name string, ok bool, do func(*catalog.Catalog) error) {
			index++
			before, clone := show(c), c.Clone()
			rebuilt := catalog.New()
			for _, p := range stored {
				rebuilt.Put(p)
			}
			for _, r := range rows {
				rebuilt.PutRoute(r)
			}
			if show(rebuilt) != before {
				t.Fatalf("before %s: rebuilt\n%s\nwant\n%s", name, show(rebuilt), before)
			}
			err := do(c)
			if again := do(rebuilt); fmt.Sprint(again) != fmt.Sprint(err) || show(rebuilt) != show(c) {
				t.Fatalf("%s: %v on the rebuilt catalog, %v", name, again, err)
			}
			if (err == nil) != ok {
				t.Fatalf("%s: got %v, the model says ok=%t", name, err, ok)
			}
			if err != nil && show(c) != before {
				t.Fatalf("%s was refused (%v) and changed\n%sto\n%s", name, err, before, show(c))
			}
			if show(clone) != before {
				t.Fatalf("%s changed a clone", name)
			}
			if err := c.Check(); err != nil {
				t.Fatalf("after %s: %v", name, err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"load": func(t *rapid.T) {
				v, route := rapid.SampledFrom(versions).Draw(t, "version"), rapid.Bool().Draw(t, "route")
				step("load "+v, true, func(c *catalog.Catalog) error {
					change, err := c.Load(pkg(v, carried[v]...), route, nil, index)
					if err != nil {
						return err
					}
					if change.FreshlyLoaded != (stored[v].LoadedIndex == 0 || stored[v].LoadedIndex == index) {
						t.Fatalf("freshly loaded: %t", change.FreshlyLoaded)
					}
					stored[v] = change.Package
					for _, rc := range change.Routes {
						keep(rc)
					}
					return nil
				})
				m.carries[v] = carried[v]
				if route {
					for _, typ := range carried[v] {
						point(typ, v)
					}
				}
			},
			"route": func(t *rapid.T) {
				typ, v := rapid.SampledFrom(types).Draw(t, "type"), rapid.SampledFrom(versions).Draw(t, "version")
				ok := slices.Contains(m.carries[v], typ)
				step("route "+typ+" "+v, ok, func(c *catalog.Catalog) error {
					rc, err := c.Route(typ, v, "", index)
					keep(rc)
					return err
				})
				if ok {
					point(typ, v)
				}
			},
			"expect": func(t *rapid.T) {
				typ, v := rapid.SampledFrom(types).Draw(t, "type"), rapid.SampledFrom(versions).Draw(t, "version")
				want := rapid.SampledFrom(append(versions, catalog.None)).Draw(t, "expect")
				ok := slices.Contains(m.carries[v], typ) && (m.routed[typ] == want || m.routed[typ] == "" && want == catalog.None)
				step("route "+typ+" "+v+" expecting "+want, ok, func(c *catalog.Catalog) error {
					rc, err := c.Route(typ, v, want, index)
					keep(rc)
					return err
				})
				if ok {
					point(typ, v)
				}
			},
			"unroute": func(t *rapid.T) {
				typ := rapid.SampledFrom(types).Draw(t, "type")
				was := m.routed[typ]
				step("unroute "+typ, was != "", func(c *catalog.Catalog) error {
					rc, err := c.Unroute(typ, "", index)
					keep(rc)
					return err
				})
				if was != "" {
					m.routed[typ], m.previous[typ] = "", was
				}
			},
			"rollback": func(t *rapid.T) {
				typ := rapid.SampledFrom(types).Draw(t, "type")
				back := m.previous[typ]
				ok := m.routed[typ] != "" && back != "" && m.carries[back] != nil
				step("rollback "+typ, ok, func(c *catalog.Catalog) error {
					rc, err := c.Rollback(typ, "", index)
					keep(rc)
					return err
				})
				if ok {
					point(typ, back)
				}
			},
			"unload": func(t *rapid.T) {
				typ, v := rapid.SampledFrom(types).Draw(t, "type"), rapid.SampledFrom(versions).Draw(t, "version")
				ok := slices.Contains(m.carries[v], typ)
				for _, routed := range m.routed {
					ok = ok && routed != v
				}
				step("unload "+typ+" "+v, ok, func(c *catalog.Catalog) error {
					p, err := c.CheckUnload(typ, v)
					if err != nil {
						if len(c.RoutesTo(ver(v))) > 0 && c.Clone().Remove(ver(v)) == nil {
							t.Fatal("removed a routed version")
						}
						return err
					}
					return c.Remove(p.Version)
				})
				if ok {
					delete(m.carries, v)
					delete(stored, v)
				}
			},
			"": func(t *rapid.T) {
				for _, typ := range types {
					r, p, member, ok := c.Resolve(typ)
					if ok != (m.routed[typ] != "") {
						t.Fatalf("%s resolves: %t, the model says %q", typ, ok, m.routed[typ])
					}
					if ok && (r.Version != ver(m.routed[typ]) || p.Version != r.Version || member.Type != typ) {
						t.Fatalf("%s resolves to %s, the model says %s", typ, brief(r.Version), m.routed[typ])
					}
				}
				for v, types := range m.carries {
					p, ok := c.Package(ver(v))
					if !ok || !slices.Equal(p.Types(), types) {
						t.Fatalf("%s is not whole", v)
					}
				}
				if len(c.Packages()) != len(m.carries) {
					t.Fatalf("%d packages, the model says %d", len(c.Packages()), len(m.carries))
				}
			},
		})
	})
}

// The state machine stores refusals and changes in CBOR, so they must survive a round trip.
func TestRefusalsSurviveCBOR(t *testing.T) {
	v := ver("aaaaaa")
	roundTrip(t, catalog.UnknownVersion{Type: "order", Ref: "abcdef", Loaded: []catalog.Version{v}, LoadedCount: 30})
	roundTrip(t, catalog.UnknownWorkflowType{Type: "order", Loaded: []catalog.Version{v}, LoadedCount: 1})
	roundTrip(t, catalog.VersionUnavailable{Type: "order", Version: v})
	roundTrip(t, catalog.ManifestMismatch{Version: v, Resident: catalog.Digest(v), Offered: catalog.Digest{1}})
	roundTrip(t, catalog.RouteConflict{Type: "order", Expected: "none", Current: v, NoPrevious: true})
	roundTrip(t, catalog.RouteActive{Version: v, Types: []string{"order"}, TypeCount: 40})
	roundTrip(t, catalog.InvalidInput{Field: "version", Reason: "is short"})
	roundTrip(t, catalog.InvalidPackage{Entry: "modules/x.star", Field: "abi", Reason: "is bad"})
	roundTrip(t, catalog.PackageTooLarge{What: "entries", Limit: 3, Size: 4})
	roundTrip(t, catalog.RouteChange{Type: "order", Version: v, Previous: v, Index: 7, Changed: true, Removed: true})
	roundTrip(t, catalog.Route{Type: "order", Version: v, Previous: v, Index: 7})
}

func roundTrip[T any](t *testing.T, want T) {
	t.Helper()
	b, err := cbor.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got T
	if err := cbor.Unmarshal(b, &got); err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
		t.Errorf("got %#v (%v), want %#v", got, err, want)
	}
}

// Refusals name the first few of many, and give the total.
func TestRefusalsAreBounded(t *testing.T) {
	c := catalog.New()
	var types []string
	for i := range 30 {
		types = append(types, fmt.Sprintf("t%02d", i))
	}
	for i := range 25 {
		if _, err := c.Load(pkg(fmt.Sprintf("aaaa%02d", i), types...), true, nil, uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Route("t00", "bbbbbb", "", 30)
	if unknown, ok := err.(*catalog.UnknownVersion); !ok || len(unknown.Loaded) != 20 || unknown.LoadedCount != 25 || unknown.Loaded[0] != ver("aaaa24") {
		t.Errorf("got %+v", err)
	}
	_, err = c.CheckUnload("t00", "aaaa24")
	if active, ok := err.(*catalog.RouteActive); !ok || len(active.Types) != 20 || active.TypeCount != 30 {
		t.Errorf("got %+v", err)
	}
	if got, want := err.Error(), `version aaaa24000000 is routed for workflow types "t00", "t01", "t02", "t03", "t04" and 25 more`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What entrySize allows fits into the log entry.
func TestLargestPackageFitsItsEntry(t *testing.T) {
	p := pkg("aaaaaa")
	for i := range catalog.MaxMembers {
		p.Members = append(p.Members, catalog.Member{
			Type: fmt.Sprintf("t%060d", i), EntryModule: fmt.Sprintf("m%060d", i), EntryFunction: "run", Timeout: 1 << 62, InputSchema: catalog.Digest(p.Version),
		})
	}
	for p.Validate() == nil {
		p.Description += "0123456789"
	}
	if p.Description == "" {
		t.Fatal("no room for 256 members")
	}
	b, err := cbor.Marshal(p)
	if err != nil || len(b) > catalog.MaxEntryBytes {
		t.Errorf("%d bytes (%v), the entry may take %d", len(b), err, catalog.MaxEntryBytes)
	}
}
