package drain

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// checker knows what happened at each index, from answers and from the stream.
type checker struct {
	types map[string]string // version -> its type
	marks map[string]int    // version -> its number
	at    map[uint64]*moment
	found []load.Violation

	// as it is after the index that was looked at last
	loaded  map[string]bool
	routes  map[string]string
	open    map[string]int
	used    map[string]bool // routed at some time since it was loaded
	asked   map[string]bool
	drained map[string]uint64 // index; 0 = it is in use, or never was
	blurred map[string]bool   // an entry loaded and unloaded it: what it did in between is not told
}

// moment is what happened at an index.
type moment struct {
	starts, closes      map[string]int // runs, by version
	loads, unloads      map[string]bool
	gone                map[string]bool // of what it loaded or unloaded, the last was an unload
	routes              []routed
	drains              map[string]int // events
	asks, cancels, acts map[string]bool
	looks               []*op.Op
}

type routed struct{ typ, version string }

// Check recounts pins and routes, index by index. Versions must be drained exactly where the last
// run on them closes, or the route leaves them, and those to be unloaded then are gone at that
// index and at no other.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	c := &checker{
		types: map[string]string{}, marks: map[string]int{}, at: map[uint64]*moment{},
		loaded: map[string]bool{}, routes: map[string]string{}, open: map[string]int{}, used: map[string]bool{}, asked: map[string]bool{}, drained: map[string]uint64{}, blurred: map[string]bool{},
	}
	if level := c.read(ops); level < 1 {
		return c.found // nodes hold the level: versions have no facts
	}
	for _, index := range slices.Sorted(maps.Keys(c.at)) {
		c.step(index, c.at[index])
	}
	return c.found
}

func (c *checker) bad(format string, args ...any) {
	c.found = append(c.found, load.Violation{Checker: "drain", What: fmt.Sprintf(format, args...)})
}

func (c *checker) name(v string) string {
	if typ, ok := c.types[v]; ok {
		return fmt.Sprintf("%s v%d", typ, c.marks[v])
	}
	return "version " + v
}

func (c *checker) moment(index uint64) *moment {
	m := c.at[index]
	if m == nil {
		m = &moment{starts: map[string]int{}, closes: map[string]int{}, loads: map[string]bool{}, unloads: map[string]bool{}, gone: map[string]bool{}, drains: map[string]int{}, asks: map[string]bool{}, cancels: map[string]bool{}, acts: map[string]bool{}}
		c.at[index] = m
	}
	return m
}

// read sorts the history by index. Each request counts once, whatever it was repeated.
func (c *checker) read(ops []op.Op) (level uint64) {
	seen := map[string]bool{}
	for i := range ops {
		o := &ops[i]
		if o.Workload != "drain" || o.Outcome != op.OK {
			continue
		}
		switch o.F {
		case "level-is":
			json.Unmarshal(o.Value, &level)
			continue
		case "versions-are":
			var versions []string
			json.Unmarshal(o.Value, &versions)
			for n, v := range versions {
				c.types[v], c.marks[v] = o.Key, n
			}
			continue
		case "stream":
			c.readStream(o)
			continue
		case "look":
			c.moment(o.Index).looks = append(c.moment(o.Index).looks, o)
			continue
		}
		if o.Request == "" || seen[o.Request] {
			continue
		}
		seen[o.Request] = true
		var a struct {
			Version string `json:"version"`
			Pending bool   `json:"pending"`
		}
		if json.Unmarshal(o.Answer, &a) != nil {
			continue
		}
		m := c.moment(o.Index)
		switch o.F {
		case "start":
			m.starts[a.Version]++
		case "ask", "unload":
			if a.Pending {
				m.asks[a.Version] = true
			} else {
				m.acts[a.Version] = true
			}
		case "cancel":
			m.cancels[a.Version] = true
		}
	}
	return level
}

func (c *checker) readStream(o *op.Op) {
	var all []load.Event
	if err := json.Unmarshal(o.Answer, &all); err != nil {
		c.bad("the stream cannot be read: %v", err)
	}
	for _, e := range all {
		var d struct {
			Version       string   `json:"version"`
			WorkflowType  string   `json:"workflow_type"`
			WorkflowTypes []string `json:"workflow_types"`
			Index         uint64   `json:"index"`
			Fresh         bool     `json:"freshly_loaded"`
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			c.bad("the %s at index %d cannot be read: %v", e.Name, e.Index, err)
		}
		m := c.moment(e.Index)
		switch e.Name {
		case "PackageLoaded":
			if d.Fresh {
				m.loads[d.Version], m.gone[d.Version] = true, false
			}
		case "RouteChanged":
			m.routes = append(m.routes, routed{d.WorkflowType, d.Version})
		case "WorkflowClosed":
			m.closes[d.Version]++
		case "VersionUnloaded":
			m.unloads[d.Version], m.gone[d.Version] = true, true
		case "VersionDrained":
			m.drains[d.Version]++
			if d.Index != e.Index {
				c.bad("the event that drains %s at index %d says index %d", c.name(d.Version), e.Index, d.Index)
			}
			if len(d.WorkflowTypes) != 1 || d.WorkflowTypes[0] != c.types[d.Version] {
				c.bad("the event that drains %s at index %d says types %v", c.name(d.Version), e.Index, d.WorkflowTypes)
			}
		}
	}
}

// step carries out an index.
func (c *checker) step(index uint64, m *moment) {
	came := map[string]bool{} // versions that the entry began to use
	left := map[string]bool{} // that it stopped using, in part
	inUse := map[string]bool{}
	for v := range c.loaded {
		inUse[v] = c.open[v] > 0 || c.routes[c.types[v]] == v
	}
	for v, gone := range m.gone {
		if c.blurred[v] = m.loads[v] && m.unloads[v]; !gone {
			c.loaded[v], c.used[v], c.asked[v], c.drained[v] = true, false, false, 0
		}
	}
	for _, r := range m.routes {
		left[c.routes[r.typ]] = true
		c.routes[r.typ] = r.version
		came[r.version], c.used[r.version] = true, true
	}
	for v, n := range m.starts {
		came[v] = true
		c.open[v] += n
	}
	for v, n := range m.closes {
		left[v] = true
		c.open[v] -= n
		if c.open[v] < 0 {
			c.bad("at index %d more runs on %s have closed than started", index, c.name(v))
		}
	}
	for v := range m.asks {
		c.asked[v] = true
	}
	for v := range m.cancels {
		if !m.asks[v] { // else nobody knows which came first
			c.asked[v] = false
		}
	}
	for _, v := range slices.Sorted(maps.Keys(c.types)) {
		if m.loads[v] && m.unloads[v] {
			continue
		}
		c.judge(index, m, v, inUse[v] || came[v], m.loads[v] && !slices.Contains(m.routes, routed{c.types[v], v}))
	}
	for v, gone := range m.gone {
		if gone {
			delete(c.loaded, v)
		}
	}
	for _, o := range m.looks {
		c.look(index, o)
	}
}

// judge compares what an entry did to a version with what it had to.
func (c *checker) judge(index uint64, m *moment, v string, inUse, fresh bool) {
	isRouted := c.routes[c.types[v]] == v
	free := !isRouted && c.open[v] == 0
	drains := c.loaded[v] && inUse && free && !fresh
	if want := map[bool]int{true: 1}[drains]; m.drains[v] != want {
		c.bad("at index %d %s was announced as drained %d times, want %d: %d runs are open on it, routed: %v", index, c.name(v), m.drains[v], want, c.open[v], isRouted)
	}
	switch {
	case drains:
		c.drained[v] = index
	case !free:
		c.drained[v] = 0
	}
	if isRouted {
		c.asked[v] = false
	}
	switch gone, due := m.unloads[v], drains && c.asked[v]; {
	case gone && !free:
		c.bad("at index %d %s was unloaded, though %d runs are open on it, routed: %v", index, c.name(v), c.open[v], isRouted)
	case gone && !due && !m.acts[v]:
		c.bad("at index %d %s was unloaded, and nobody's request was due then", index, c.name(v))
	case due && !gone && !(m.asks[v] && m.cancels[v]):
		c.bad("at index %d %s was drained and was to be unloaded then, and is still there", index, c.name(v))
	}
	if m.unloads[v] {
		c.asked[v] = false
	}
}

// look compares a listing with what is known of the index that it shows.
func (c *checker) look(index uint64, o *op.Op) {
	var a wire.Versions
	if err := json.Unmarshal(o.Answer, &a); err != nil {
		c.bad("a listing at index %d cannot be read: %v", index, err)
		return
	}
	for _, row := range a.Versions {
		v := row.Version
		want := "draining"
		switch {
		case c.types[v] != row.WorkflowType, c.blurred[v]:
			continue
		case c.routes[row.WorkflowType] == v:
			want = "routed"
		case !c.used[v]:
			want = "staged"
		case c.drained[v] != 0:
			want = "drained"
		}
		if row.State != want || row.DrainedIndex != c.drained[v] {
			c.bad("a listing at index %d says that %s is %s, drained at %d; it is %s, drained at %d", index, c.name(v), row.State, row.DrainedIndex, want, c.drained[v])
		}
		if (row.OldestPin != nil) != (c.open[v] > 0) {
			c.bad("a listing at index %d names an oldest pin of %s: %v; %d runs are open on it", index, c.name(v), row.OldestPin != nil, c.open[v])
		}
	}
}
