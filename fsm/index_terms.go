package fsm

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"

	"aion.dev/aion/fsm/history"
)

// Runs are found by what callers wrote: values of attributes, the workflow id of a parent. Those
// have any length and any bytes, so the indexes hold a term in their place: half of a SHA-256. Two
// texts with one term would only cost a look at a row that does not fit.
type term [16]byte

// termOf is the term of an attribute's value. The name stands behind its length, so that no name
// and value read like others.
func termOf(name string, value []byte) term {
	h := sha256.New()
	h.Write(u64(nil, uint64(len(name))))
	h.Write([]byte(name))
	h.Write(value)
	return term(h.Sum(nil)[:16])
}

// parentTerm is the term of a parent's workflow id.
func parentTerm(workflowID string) term {
	sum := sha256.Sum256([]byte(workflowID))
	return term(sum[:16])
}

// terms are those under which a run with these attributes is found, in order and each once: of
// every value, and of every item of a list.
func terms(set history.Attributes) (list []term) {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		list = append(list, termOf(name, set[name]))
		for _, item := range items(set[name]) {
			list = append(list, termOf(name, item))
		}
	}
	slices.SortFunc(list, func(a, b term) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(list)
}

// items are the items of a list, as it spells them; nothing for any other value.
func items(value history.Payload) [][]byte {
	if len(value) == 0 || value[0] != '[' {
		return nil
	}
	list, _ := jsonItems(value)
	return list
}
