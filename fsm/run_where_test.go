package fsm

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// orderedValues are one next to the other, in the order of each kind, as attributes spell them.
var orderedValues = [][]string{
	{"false", "true"},
	{"-9007199254740994", "-9007199254740993", "-1.5", "-1", "0", "1e-9", "3", "3.5", "9007199254740992", "9007199254740993", "9007199254740994", "1e300"},
	{`""`, `"\u0001"`, `"2026-02-28"`, `"2026-03-01T17:00:00Z"`, `"2026-03-01T17:00:00.5Z"`, `"2026-03-01T17:00:01Z"`, `"2026-03-02"`, `"A\"b"`, `"a"`, `"aa"`, `"` + strings.Repeat("b", 70) + `c"`, `"` + strings.Repeat("b", 70) + `d"`, `"é"`},
}

// TestOrderOfValues: values compare as they stand in the lists, and their places never say the
// opposite.
func TestOrderOfValues(t *testing.T) {
	for _, list := range orderedValues {
		for i, a := range list {
			for j, b := range list {
				got, ok := rows.CompareValues(history.Payload(a), history.Payload(b))
				if !ok || got < 0 != (i < j) || got > 0 != (i > j) {
					t.Errorf("%s and %s compare as %d, %v", a, b, got, ok)
				}
				p, q := rows.AppendPlace(nil, history.Payload(a)), rows.AppendPlace(nil, history.Payload(b))
				if c := slices.Compare(p, q); c < 0 && i > j || c > 0 && i < j || c == 0 && i != j && rows.Exact(p) {
					t.Errorf("%s is at %x, %s at %x", a, p, b, q)
				}
			}
			var text string
			if json.Unmarshal([]byte(a), &text) == nil && rows.Text(history.Payload(a)) != text {
				t.Errorf("%s reads as %q", a, rows.Text(history.Payload(a)))
			}
		}
	}
	if _, ok := rows.CompareValues(history.Payload("1"), history.Payload(`"1"`)); ok {
		t.Error("a number and a text have an order")
	}
	for in, want := range map[string]string{`"a\u00e9\ud83d\ude00\n\/\\"`: "aé😀\n/\\", `"\ud83d"`: "\ufffd", `"`: "", `1`: ""} {
		if got := rows.Text(history.Payload(in)); got != want {
			t.Errorf("%s reads as %q, want %q", in, got, want)
		}
	}
}

func (g *gambler) anyValue() history.Payload {
	if g.coin("list") && g.coin("list again") {
		return history.Payload(g.one("items", []string{`["a","aa"]`, `[]`}))
	}
	return history.Payload(g.one("value", orderedValues[rapid.IntRange(0, len(orderedValues)-1).Draw(g.t, "kind")]))
}

// condition draws one that callers can bring about.
func (g *gambler) condition() rows.Condition {
	ordering := []rows.Op{rows.Above, rows.AtLeast, rows.Below, rows.AtMost}
	op := func(of ...rows.Op) rows.Op { return rapid.SampledFrom(of).Draw(g.t, "op") }
	c := rows.Condition{Field: rapid.SampledFrom([]rows.Field{rows.OfAttribute, rows.OfAttribute, rows.OfAttribute, rows.OfType, rows.OfStatus, rows.OfVersion, rows.OfParent, rows.OfStarted, rows.OfClosed}).Draw(g.t, "field")}
	switch c.Field {
	case rows.OfAttribute:
		c.Name, c.Op = g.one("name", []string{"k", "l"}), op(append(ordering, rows.Equal, rows.Not, rows.Prefix)...)
		if c.Op == rows.Prefix {
			c.Text = g.one("prefix", []string{"", "a", "2026-03-01T17:00:00", "2026-03-01T17:00:00Z", "bb", "A\""})
		} else if c.Value = g.anyValue(); c.Op != rows.Equal && c.Op != rows.Not {
			c.Value = history.Payload(g.one("value", slices.Concat(orderedValues[1], orderedValues[2])))
		}
	case rows.OfType:
		c.Op, c.Text = op(rows.Equal, rows.Not, rows.Prefix), g.one("type", []string{"order", "or", "refund"})
	case rows.OfStatus:
		c.Op, c.Status = op(rows.Equal, rows.Not), history.Status(rapid.IntRange(1, 8).Draw(g.t, "status"))
	case rows.OfVersion:
		c.Op, c.Version = op(rows.Equal, rows.Not), versionOf(g.one("version", g.versions))
	case rows.OfParent:
		c.Op, c.Text = rows.Equal, g.one("parent", g.ids)
	default:
		c.Op, c.At = op(ordering...), worldsBeginning.Add(time.Duration(rapid.IntRange(0, 40).Draw(g.t, "seconds"))*time.Second)
	}
	return c
}

// meant is what a condition means, said once more and as plainly as can be.
func meant(c rows.Condition, r *rows.Run) bool {
	ordered := func(order int) bool {
		return map[rows.Op]bool{rows.Above: order > 0, rows.AtLeast: order >= 0, rows.Below: order < 0, rows.AtMost: order <= 0}[c.Op]
	}
	switch c.Field {
	case rows.OfType:
		return map[rows.Op]bool{rows.Equal: r.Type == c.Text, rows.Not: r.Type != c.Text, rows.Prefix: strings.HasPrefix(r.Type, c.Text)}[c.Op]
	case rows.OfStatus:
		return c.Op == rows.Equal && r.Status == c.Status || c.Op == rows.Not && r.Status != c.Status
	case rows.OfVersion:
		return c.Op == rows.Equal && r.Version == c.Version || c.Op == rows.Not && r.Version != c.Version
	case rows.OfParent:
		return r.Parent != nil && r.Parent.WorkflowID == c.Text
	case rows.OfStarted:
		return ordered(int(r.StartedAt - c.At))
	case rows.OfClosed:
		return r.ClosedAt != 0 && ordered(int(r.ClosedAt-c.At))
	}
	v, has := r.Attributes[c.Name]
	var is, want any
	if !has || json.Unmarshal(v, &is) != nil {
		return false
	}
	_ = json.Unmarshal(c.Value, &want)
	list, _ := is.([]any)
	equal := string(v) == string(c.Value) || slices.ContainsFunc(list, func(item any) bool { return item == want })
	text, isText := is.(string)
	switch c.Op {
	case rows.Equal, rows.Not:
		return equal == (c.Op == rows.Equal)
	case rows.Prefix:
		return isText && strings.HasPrefix(text, c.Text)
	}
	than, thanText := want.(string)
	if isText || thanText {
		return isText && thanText && ordered(strings.Compare(strings.TrimSuffix(text, "Z"), strings.TrimSuffix(than, "Z")))
	}
	x, isNumber := new(big.Rat).SetString(string(v))
	y, thanNumber := new(big.Rat).SetString(string(c.Value))
	return isNumber && thanNumber && ordered(x.Cmp(y))
}

// TestWhere: conditions find what they mean, in the order that was asked for, page by page; and
// what is counted is that. At level 3, and while runs wait for the index, the answers are the same.
func TestWhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.s.Close()
		w.level = 3
		w.s, _ = Open(w.config())
		defer func() { w.s.Close() }()
		g := &gambler{w: w, t: rt, versions: []string{"v1", "v2"}, types: []string{"order", "refund"}, ids: []string{"a", "b", "c", "d"}}
		w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
		w.do(&LoadPackage{Package: pack("v2", "order"), Route: true})
		g.fill(rapid.IntRange(0, 20).Draw(rt, "before"))
		before := g.conditions()
		w.view(func(v View) { g.compareWhere(v, before) })
		w.do(&RaiseLevel{Level: 4})
		g.fill(rapid.IntRange(0, 10).Draw(rt, "meanwhile"))
		w.view(func(v View) { g.compareWhere(v, before) })
		w.do(&TakeOrdered{})
		g.fill(rapid.IntRange(0, 20).Draw(rt, "after"))
		w.view(func(v View) {
			if v.OrderWaits() {
				rt.Fatal("runs are not in the index")
			}
			for range 10 {
				g.compareWhere(v, g.conditions())
			}
			g.compareWhere(v, before)
		})
	})
}

func (g *gambler) conditions() (all []rows.Condition) {
	for range rapid.IntRange(0, 3).Draw(g.t, "conditions") {
		all = append(all, g.condition())
	}
	return all
}

// fill lets runs begin, change their attributes and end.
func (g *gambler) fill(entries int) {
	w := g.w
	for range entries {
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 2).Draw(g.t, "seconds")) * time.Second)
		id, set := g.one("id", g.ids), history.Attributes{}
		for range rapid.IntRange(0, 2).Draw(g.t, "attributes") {
			set[g.one("name", []string{"k", "l"})] = g.anyValue()
		}
		if r, ok := w.find(id); ok && r.Status.Open() {
			if g.coin("remove") {
				set["k"] = history.Payload("null")
			}
			c := &RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: r.Events, Asked: []history.Event{{Data: &history.AttributesUpdated{Attributes: set}}}}
			if g.coin("closes") {
				c.Asked = append(c.Asked, history.Event{Data: &history.WorkflowCompleted{}})
			}
			w.propose(Envelope{Command: c})
		} else {
			w.propose(Envelope{Command: &StartRun{WorkflowID: id, RunID: w.mint(), Type: g.one("type", g.types), Attributes: set}})
		}
	}
}

func (g *gambler) compareWhere(v View, conditions []rows.Condition) {
	f := RunFilter{Where: conditions}
	f.Sort = rapid.SampledFrom([]rows.Sort{{}, {Field: rows.OfStarted, Down: true}, {Field: rows.OfStarted}, {Field: rows.OfClosed}, {Field: rows.OfClosed, Down: true},
		{Field: rows.OfAttribute, Name: "k"}, {Field: rows.OfAttribute, Name: "k", Down: true}}).Draw(g.t, "sort")
	var want []rows.Run // newest first
	for _, r := range rowsBack(v.(*picture)) {
		if !slices.ContainsFunc(conditions, func(c rows.Condition) bool { return !meant(c, &r) }) {
			want = append(want, r)
		}
	}
	g.compareFoundCounts(v, f, want)
	switch f.Sort.Field {
	case rows.OfAttribute:
		if v.OrderWaits() {
			return
		}
		want = slices.DeleteFunc(want, func(r rows.Run) bool { return r.Attributes["k"] == nil })
	case rows.OfClosed:
		want = slices.DeleteFunc(want, func(r rows.Run) bool { return r.Status.Open() })
	}
	if f.Sort != (rows.Sort{}) {
		slices.Reverse(want) // the oldest first
		slices.SortStableFunc(want, func(a, b rows.Run) int {
			switch f.Sort.Field {
			case rows.OfAttribute:
				return slices.Compare(rows.AppendPlace(nil, a.Attributes["k"]), rows.AppendPlace(nil, b.Attributes["k"]))
			case rows.OfClosed:
				return int(a.ClosedAt - b.ClosedAt)
			}
			return 0
		})
		if f.Sort.Down {
			slices.Reverse(want)
		}
	}
	ids := func(list []rows.Run) (ids []history.RunID) {
		for _, r := range list {
			ids = append(ids, r.RunID)
		}
		return ids
	}
	listings := map[string]func(cursor string) ([]rows.Run, string){"": func(cursor string) ([]rows.Run, string) { return v.ListRuns(f, 2, cursor) }}
	if f.Sort != (rows.Sort{}) && f.Sort != (rows.Sort{Field: rows.OfStarted, Down: true}) { // as if there were too many to sort
		if bounded, ok := f.bounded(); ok {
			listings["in order"] = func(cursor string) ([]rows.Run, string) {
				after, err := parseSortedCursor(cursor)
				if err != nil {
					g.t.Fatal(err)
				}
				return v.(*picture).listInOrder(&bounded, 2, after)
			}
		}
	}
	for _, how := range sortedKeys(listings) {
		var got []rows.Run
		for cursor := ""; ; {
			page, next := listings[how](cursor)
			if next != "" {
				if err := CheckRunCursor(next, f.Sort); err != nil {
					g.t.Fatal(err)
				}
			}
			got = append(got, page...)
			if cursor = next; next == "" {
				break
			}
		}
		if !slices.Equal(ids(got), ids(want)) {
			g.t.Fatalf("%+v finds %v %s, want %v", f, ids(got), how, ids(want))
		}
	}
}

func (g *gambler) compareFoundCounts(v View, f RunFilter, want []rows.Run) {
	for _, by := range []string{"", "k"} {
		model, got := map[string]uint64{}, map[string]uint64{}
		for _, r := range want {
			k := fmt.Sprint(r.Type, r.Version, r.Status)
			if by != "" {
				k = string(r.Attributes[by])
			}
			if k != "" {
				model[k]++
			}
		}
		list, tooMuch := v.CountFound(f, by)
		for _, c := range list {
			k := fmt.Sprint(c.Type, c.Version, c.Status)
			if by != "" {
				k = string(c.Value)
			}
			got[k] += c.Count
		}
		if fmt.Sprint(model) != fmt.Sprint(got) || len(list) != len(got) || tooMuch != "" {
			g.t.Fatalf("%+v counts %v by %q (%s), want %v", f, got, by, tooMuch, model)
		}
	}
}
