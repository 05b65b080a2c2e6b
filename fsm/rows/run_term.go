package rows

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"

	"aion.dev/aion/fsm/history"
)

// Term is what an index has in the place of a text.
//
// Runs are found by what callers wrote: values of attributes, the workflow id of a parent. Those
// have any length and any bytes, so the indexes hold a term in their place: half of a SHA-256. Two
// texts with one term would only cost a look at a row that does not fit.
type Term [16]byte

// TermOf is the term of an attribute's value. The name stands behind its length, so that no name
// and value read like others.
func TermOf(name string, value []byte) Term {
	h := sha256.New()
	h.Write(AppendU64(nil, uint64(len(name))))
	h.Write([]byte(name))
	h.Write(value)
	return Term(h.Sum(nil)[:16])
}

// ParentTerm is the term of a parent's workflow id.
func ParentTerm(workflowID string) Term {
	sum := sha256.Sum256([]byte(workflowID))
	return Term(sum[:16])
}

// Terms are those under which a run with these attributes is found, in order and each once: of
// every value, and of every item of a list.
func Terms(set history.Attributes) (list []Term) {
	if len(set) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		list = append(list, TermOf(name, set[name]))
		for _, item := range Items(set[name]) {
			list = append(list, TermOf(name, item))
		}
	}
	slices.SortFunc(list, func(a, b Term) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(list)
}

// Items are the items of a list, as it spells them; nothing for any other value.
func Items(value history.Payload) [][]byte {
	if len(value) == 0 || value[0] != '[' {
		return nil
	}
	list, _ := jsonItems(value)
	return list
}

// TermKey is the place of a run among those with a term.
func TermKey(family byte, of Term, serial uint64) []byte {
	return AppendU64(append(Key(family), of[:]...), serial)
}
