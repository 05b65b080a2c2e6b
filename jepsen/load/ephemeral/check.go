package ephemeral

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
	at    map[uint64]*moment
	found []load.Violation

	// as it is after the index that was looked at last
	loaded map[string]bool
	stays  map[string]bool // somebody has deployed it
	open   map[string]int
}

// moment is what happened at an index, by version.
type moment struct {
	starts, closes map[string]int
	fresh          map[string]int // answers of starts that say that they loaded it
	loads, unloads map[string]int // events
	keeps          map[string]bool
	looks          []*op.Op
}

// Check recounts open runs, index by index. A version that came along is there exactly as long as a
// run is open on it: it goes in the entry that closes the last one, and never before.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	c := &checker{types: map[string]string{}, at: map[uint64]*moment{}, loaded: map[string]bool{}, stays: map[string]bool{}, open: map[string]int{}}
	if level := c.read(ops); level < 2 {
		return c.found // nodes hold the level: no code comes along
	}
	for _, index := range slices.Sorted(maps.Keys(c.at)) {
		c.step(index, c.at[index])
	}
	for v, n := range c.open {
		if n != 0 {
			c.bad("in the end %d runs on %s are open, and all were ended", n, v)
		}
	}
	return c.found
}

func (c *checker) bad(format string, args ...any) {
	c.found = append(c.found, load.Violation{Checker: "ephemeral", What: fmt.Sprintf(format, args...)})
}

func (c *checker) moment(index uint64) *moment {
	m := c.at[index]
	if m == nil {
		m = &moment{starts: map[string]int{}, closes: map[string]int{}, fresh: map[string]int{}, loads: map[string]int{}, unloads: map[string]int{}, keeps: map[string]bool{}}
		c.at[index] = m
	}
	return m
}

// read sorts the history by index. Each request counts once, whatever it was repeated.
func (c *checker) read(ops []op.Op) (level uint64) {
	seen := map[string]bool{}
	for i := range ops {
		o := &ops[i]
		if o.Workload != "ephemeral" || o.Outcome != op.OK {
			continue
		}
		switch o.F {
		case "level-is":
			json.Unmarshal(o.Value, &level)
			continue
		case "versions-are":
			var versions []string
			json.Unmarshal(o.Value, &versions)
			for _, v := range versions {
				c.types[v] = o.Key
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
			Fresh   bool   `json:"freshly_loaded"`
		}
		if json.Unmarshal(o.Answer, &a) != nil {
			continue
		}
		m := c.moment(o.Index)
		switch o.F {
		case "bring", "start":
			m.starts[a.Version]++
			if a.Fresh {
				m.fresh[a.Version]++
			}
		case "keep":
			m.keeps[a.Version] = true
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
			Version string `json:"version"`
			Fresh   bool   `json:"freshly_loaded"`
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			c.bad("the %s at index %d cannot be read: %v", e.Name, e.Index, err)
		}
		m := c.moment(e.Index)
		switch {
		case c.types[d.Version] == "":
		case e.Name == "PackageLoaded" && d.Fresh:
			m.loads[d.Version]++
		case e.Name == "WorkflowClosed":
			m.closes[d.Version]++
		case e.Name == "VersionUnloaded":
			m.unloads[d.Version]++
		}
	}
}

// step carries out an index.
func (c *checker) step(index uint64, m *moment) {
	touched := map[string]bool{}
	for _, of := range []map[string]int{m.starts, m.closes, m.loads, m.unloads} {
		for v := range of {
			touched[v] = true
		}
	}
	for v := range m.keeps {
		touched[v] = true
	}
	for _, v := range slices.Sorted(maps.Keys(touched)) {
		c.judge(index, m, v)
	}
	for _, o := range m.looks {
		c.look(index, o)
	}
}

// judge compares what an entry did to a version with what it had to.
func (c *checker) judge(index uint64, m *moment, v string) {
	was := c.loaded[v]
	c.open[v] += m.starts[v] - m.closes[v]
	c.stays[v] = c.stays[v] || m.keeps[v]
	c.loaded[v] = was || m.loads[v] > 0
	switch {
	case c.open[v] < 0:
		c.bad("at index %d more runs on %s have closed than started", index, v)
	case was && m.loads[v] > 0:
		c.bad("at index %d %s was loaded, and it was there before", index, v)
	case m.fresh[v] > m.loads[v]:
		c.bad("at index %d %d starts say that they loaded %s, %d did", index, m.fresh[v], v, m.loads[v])
	case m.starts[v] > 0 && !c.loaded[v]:
		c.bad("at index %d a run started on %s, which is not there", index, v)
	case m.unloads[v] > 0 && c.stays[v]:
		c.bad("at index %d %s was unloaded, which was deployed to stay", index, v)
	case m.unloads[v] > 0 && c.open[v] > 0:
		c.bad("at index %d %s was unloaded under %d open runs", index, v, c.open[v])
	case c.loaded[v] && !c.stays[v] && c.open[v] == 0 && m.unloads[v] == 0:
		c.bad("at index %d the last run on %s closed, and the version is still there", index, v)
	}
	if m.unloads[v] > 0 {
		c.loaded[v] = false
	}
}

// look compares a listing with what is known of the index that it shows.
func (c *checker) look(index uint64, o *op.Op) {
	var a wire.Versions
	if err := json.Unmarshal(o.Answer, &a); err != nil {
		c.bad("a listing at index %d cannot be read: %v", index, err)
		return
	}
	listed := map[string]bool{}
	for _, row := range a.Versions {
		listed[row.Version] = true
		if row.Ephemeral == c.stays[row.Version] && c.types[row.Version] != "" {
			c.bad("a listing at index %d says of %s that it is ephemeral: %v; it stays: %v", index, row.Version, row.Ephemeral, c.stays[row.Version])
		}
	}
	for v, typ := range c.types {
		if typ == o.Key && listed[v] != c.loaded[v] {
			c.bad("a listing at index %d has %s: %v; it is there: %v, %d runs are open on it", index, v, listed[v], c.loaded[v], c.open[v])
		}
	}
}
