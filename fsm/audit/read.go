package audit

import (
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// decoded reads a row into v, and reports whether there is one that can be read.
func decoded(b []byte, v any) bool { return b != nil && rows.Decode(b, v) == nil }

// each calls f with all rows of a family.
func each[T any](in *fsm.Inside, family byte, f func(k []byte, v T)) (err error) {
	in.Scan(rows.Key(family), rows.Key(family+1), func(k, b []byte) bool {
		var v T
		if err = rows.Decode(b, &v); err != nil {
			err = fmt.Errorf("row %x: %w", k, err)
			return false
		}
		f(slices.Clone(k), v)
		return true
	})
	return err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
