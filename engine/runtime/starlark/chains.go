package starlark

import "go.starlark.net/starlark"

// chains counts the keys of a dict or set by the bucket that the interpreter's hash table has them
// in: a lookup compares with all of a bucket. The hash of numbers, tuples and short strings is
// known to everybody, so keys that all fall into one bucket are easily made, by code and by whoever
// sends a payload. Longer strings are hashed with a secret: they spread by themselves and are not
// counted.
//
// It follows from what code does, so a rebuilt execution has the same counts.
type chains struct {
	size   int // of the container that the counts are of
	counts []uint32
}

const (
	uncounted = 64  // elements up to which all may well be in one bucket
	perBucket = 6.5 // elements on which the interpreter's table grows
)

func newChains(size int) *chains {
	buckets := 1
	for float64(size) > perBucket*float64(buckets) {
		buckets *= 2
	}
	return &chains{counts: make([]uint32, buckets)}
}

// bucket is the count of a key's bucket; nil for keys that are not counted.
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

// add counts a key and returns how many keys of its bucket came before.
func (c *chains) add(key starlark.Value) (before int) {
	c.size++
	at := c.bucket(key)
	if at == nil {
		return 0
	}
	*at++
	return int(*at) - 1
}

// predictable reports whether it is known, outside of this process, which bucket a key falls into.
func predictable(key starlark.Value) bool {
	switch key := key.(type) {
	case starlark.String:
		return len(key) < 12
	case starlark.NoneType, starlark.Bool:
		return false
	}
	return true
}

// chain is how many elements of a dict or set a lookup of key may look at.
func (m *meter) chain(of, key starlark.Value) (int, error) {
	n := length(of)
	if n <= uncounted {
		return n, nil
	}
	c := m.chains[of]
	if c == nil || c.size != n || float64(n) > perBucket*float64(len(c.counts)) {
		var err error
		if c, err = m.count(of); err != nil {
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

// count makes the chains of a container of any kind, and accounts for that.
func (m *meter) count(of starlark.Value) (*chains, error) {
	if err := m.steps(length(of)); err != nil {
		return nil, err
	}
	c := newChains(length(of))
	if keys, ok := of.(starlark.Iterable); ok {
		for key := range starlark.Elements(keys) {
			if parts, ok := key.(starlark.Tuple); ok { // its hash is that of all its parts
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

// grown keeps the chains of a container right to which key was added.
func (m *meter) grown(of, key starlark.Value) {
	if c := m.chains[of]; c != nil && c.size == length(of)-1 {
		c.add(key)
	}
}

// taken is grown for a key that was taken out.
func (m *meter) taken(of, key starlark.Value) {
	c := m.chains[of]
	if c == nil || c.size != length(of)+1 {
		return
	}
	c.size--
	if at := c.bucket(key); at != nil && *at > 0 {
		*at--
	}
}

// crowd is what the elements of a container cost when each is looked up in one like it.
func (m *meter) crowd(of starlark.Iterable) (steps int) {
	if starlark.Len(of) <= uncounted {
		return 0
	}
	c := newChains(starlark.Len(of))
	for key := range starlark.Elements(of) {
		steps += price(key, c.add(key), 1)
	}
	return steps
}

// price is what comparing key, of so many parts, with the elements of a chain takes, and a share of
// what it takes to compare them again when the table grows. A chain of the usual length is free.
func price(key starlark.Value, chain, parts int) int {
	switch key := key.(type) {
	case starlark.String:
		return max(0, chain-16) / 8
	case starlark.Int:
		if isSmall(key) { // hashes differ, so that elements are not compared
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
