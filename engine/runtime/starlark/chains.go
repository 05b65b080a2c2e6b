package starlark

import "go.starlark.net/starlark"

// chains counts the keys of a dict or set by their bucket in the interpreter's hash table, because
// a lookup compares a key with all keys of its bucket. The hashes of numbers, tuples and short
// strings are publicly known, so code, or the sender of a payload, can easily make keys that all
// fall into one bucket. Longer strings are hashed with a secret. They spread by themselves and are
// not counted.
//
// The counts follow from what code does, so a rebuilt execution has the same ones.
type chains struct {
	size   int // of the counted container
	counts []uint32
}

const (
	uncounted = 64  // this many elements may all be in one bucket by chance
	perBucket = 6.5 // elements per bucket at which the interpreter's table grows
)

func newChains(size int) *chains {
	buckets := 1
	for float64(size) > perBucket*float64(buckets) {
		buckets *= 2
	}
	return &chains{counts: make([]uint32, buckets)}
}

// bucket returns the counter of a key's bucket; nil for keys that are not counted.
func (c *chains) bucket(key starlark.Value) *uint32 {
	if !predictable(key) {
		return nil
	}
	h, err := key.Hash()
	if err != nil {
		return nil
	}
	return &c.counts[h&uint32(len(c.counts)-1)]
}

// add counts a key, and returns how many keys its bucket had before.
func (c *chains) add(key starlark.Value) (before int) {
	c.size++
	at := c.bucket(key)
	if at == nil {
		return 0
	}
	*at++
	return int(*at) - 1
}

// predictable reports whether a key's bucket is known outside this process.
func predictable(key starlark.Value) bool {
	switch key := key.(type) {
	case starlark.String:
		return len(key) < 12
	case starlark.NoneType, starlark.Bool:
		return false
	}
	return true
}

// chainLength returns how many elements of a dict or set a lookup of key may compare.
func (m *meter) chainLength(of, key starlark.Value) (int, error) {
	n := length(of)
	if n <= uncounted {
		return n, nil
	}
	c := m.chains[of]
	if c == nil || c.size != n || float64(n) > perBucket*float64(len(c.counts)) {
		var err error
		if c, err = m.countChains(of); err != nil {
			return 0, err
		}
		if m.chains == nil {
			m.chains = make(map[starlark.Value]*chains)
		}
		m.chains[of] = c
	}
	if at := c.bucket(key); at != nil {
		return int(*at), nil
	}
	return 0, nil
}

// countChains makes the chains of a container of any kind, and charges for that.
func (m *meter) countChains(of starlark.Value) (*chains, error) {
	if err := m.steps(length(of)); err != nil {
		return nil, err
	}
	c := newChains(length(of))
	if keys, ok := of.(starlark.Iterable); ok {
		for key := range starlark.Elements(keys) {
			if parts, ok := key.(starlark.Tuple); ok { // its hash combines those of all its parts
				w := walk{m: m}
				if err := w.visit(parts, 0); err != nil {
					return nil, err
				}
				if err := m.steps(w.nodes); err != nil {
					return nil, err
				}
			}
			c.add(key)
		}
	}
	return c, nil
}

// noteAdded updates the chains of a container to which key was added.
func (m *meter) noteAdded(of, key starlark.Value) {
	if c := m.chains[of]; c != nil && c.size == length(of)-1 {
		c.add(key)
	}
}

// noteRemoved updates the chains of a container from which key was removed.
func (m *meter) noteRemoved(of, key starlark.Value) {
	c := m.chains[of]
	if c == nil || c.size != length(of)+1 {
		return
	}
	c.size--
	if at := c.bucket(key); at != nil && *at > 0 {
		*at--
	}
}

// lookupCost returns the cost of looking up each element of a container in a similar one.
func (m *meter) lookupCost(of starlark.Iterable) (steps int) {
	if starlark.Len(of) <= uncounted {
		return 0
	}
	c := newChains(starlark.Len(of))
	for key := range starlark.Elements(of) {
		steps += compareCost(key, c.add(key), 1)
	}
	return steps
}

// compareCost returns the cost of comparing key, which has that many parts, with the elements of a
// chain, plus a share of comparing them again when the table grows. A chain of ordinary length is
// free.
func compareCost(key starlark.Value, chain, parts int) int {
	switch key := key.(type) {
	case starlark.String:
		return max(0, chain-16) / 8
	case starlark.Int:
		if isSmall(key) { // their hashes differ, so the elements are not compared
			return max(0, chain-uncounted) / 16
		}
		if _, ok := key.Int64(); !ok {
			return chain * (1 + key.BigInt().BitLen()/512) / 2
		}
	}
	if parts > 4 {
		return chain * parts / 4
	}
	return max(0, chain-8) * parts / 2
}
