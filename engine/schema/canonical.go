package schema

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// canonical returns a text that equal JSON values share and others do not: numbers by value,
// members in order, every part with its length. It calls spend for each part before it looks at the
// part.
func canonical(value any, spend func(int)) string {
	return string(appendCanonical(nil, value, spend))
}

func appendCanonical(to []byte, value any, spend func(int)) []byte {
	const part = 16
	spend(part)
	text := func(kind byte, s string) []byte {
		spend(len(s))
		return append(binary.AppendUvarint(append(to, kind), uint64(len(s))), s...)
	}
	switch value := value.(type) {
	case nil:
		return append(to, 'z')
	case bool:
		if value {
			return append(to, 't')
		}
		return append(to, 'f')
	case string:
		return text('s', value)
	case []any:
		to = binary.AppendUvarint(append(to, 'a'), uint64(len(value)))
		for _, item := range value {
			to = appendCanonical(to, item, spend)
		}
		return to
	case map[string]any:
		to = binary.AppendUvarint(append(to, 'o'), uint64(len(value)))
		for _, name := range slices.Sorted(maps.Keys(value)) {
			to = appendCanonical(to, name, spend)
			to = appendCanonical(to, value[name], spend)
		}
		return to
	}
	number := fmt.Sprint(value)
	spend(4 * part)
	if r, ok := new(big.Rat).SetString(number); ok {
		number = r.RatString()
	}
	return text('n', number)
}
