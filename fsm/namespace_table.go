package fsm

import (
	"slices"
	"strings"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// spaces is the table of namespaces in memory, by name: calls and starts look one up. Pictures
// share it, so it is never changed in place.
type spaces []*rows.Namespace

func (all spaces) find(name string) (int, bool) {
	return slices.BinarySearchFunc(all, name, func(n *rows.Namespace, name string) int { return strings.Compare(n.Name, name) })
}

// of returns a namespace; nil = there is none of that name.
func (all spaces) of(name string) *rows.Namespace {
	if at, known := all.find(name); known {
		return all[at]
	}
	return nil
}

func loadSpaces(from store.Reader) (all spaces, uses map[string]*rows.NamespaceUse, err error) {
	uses = map[string]*rows.NamespaceUse{}
	first := rows.SpaceKey("")
	scan := func(first []byte, f func(name string, b []byte) error) error {
		var bad error
		err := from.Scan(first, rows.After(first), func(k, b []byte) bool {
			bad = f(string(k[len(first):]), b)
			return bad == nil
		})
		if err == nil {
			err = bad
		}
		return err
	}
	if err = scan(first, func(_ string, b []byte) error {
		n := new(rows.Namespace)
		all = append(all, n)
		return rows.Decode(b, n)
	}); err != nil {
		return nil, nil, err
	}
	err = scan(rows.SpaceUseKey(""), func(name string, b []byte) error {
		use := new(rows.NamespaceUse)
		uses[name] = use
		return rows.Decode(b, use)
	})
	return all, uses, err
}

func (t *step) putNamespace(n *rows.Namespace) {
	t.Put(rows.SpaceKey(n.Name), rows.Encoded(n))
	all := slices.Clone(t.s.spaces)
	at, known := all.find(n.Name)
	if known {
		all[at] = n
	} else {
		all = slices.Insert(all, at, n)
	}
	t.s.spaces = all
}

func (t *step) dropNamespace(name string) {
	at, known := t.s.spaces.find(name)
	if !known {
		return
	}
	t.Del(rows.SpaceKey(name))
	t.s.spaces = slices.Delete(slices.Clone(t.s.spaces), at, at+1)
}

// Namespace implements View.
func (p *picture) Namespace(name string) (rows.Namespace, rows.NamespaceUse, bool) {
	n := p.spaces.of(name)
	if n == nil {
		return rows.Namespace{}, rows.NamespaceUse{}, false
	}
	var use rows.NamespaceUse
	p.row(p.Get(rows.SpaceUseKey(name)), &use)
	return *n, use, true
}

// Namespaces implements View.
func (p *picture) Namespaces(after string, limit int) (page []rows.Namespace) {
	at, known := p.spaces.find(after)
	if known {
		at++
	}
	for _, n := range p.spaces[at:min(len(p.spaces), at+pageSize(limit))] {
		page = append(page, *n)
	}
	return page
}
