package rows

import (
	"bytes"
	"crypto/sha256"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"aion.dev/aion/fsm/history"
)

// Attributes stand in a second index in the order of their values: for conditions that are not
// equality, and for listings in that order. Each attribute of a run has one row there,
//
//	'+' | a | term of namespace and name (16) | place of the value | serial (8)
//
// and the place is a letter for what the value is, then
//
//	b  0 or 1
//	n  the number as a 64-bit float whose bits are in order (8), 0 for an integer or 1 for a float
//	t  the first bytes of the text, none of them zero, then a zero; times are without their Z
//	x  nothing: lists are found by what they hold, and have no order
//
// Places are close to the order of the values, and never against it. What is as close as that,
// numbers of many digits and the ends of long texts, is told apart by the rows of runs. Nothing in
// this file may change what it does to any input: it decides which rows there are.

// OrderBytes is how many bytes of a text its place has.
const OrderBytes = 64

// OrderedDone is the key of the row that says which runs are in the index, as FingerprintsDone.
func OrderedDone() []byte { return append(Key(FamilyOrdered), 'd') }

// OrderPrefix is what the keys of all runs of a namespace begin with that have an attribute.
func OrderPrefix(space, name string) []byte {
	h := sha256.New()
	h.Write(AppendU64(nil, uint64(len(space))))
	h.Write([]byte(space))
	h.Write([]byte(name))
	return h.Sum(append(Key(FamilyOrdered), 'a'))[:2+16]
}

// OrderKey is the key of a run's value of an attribute.
func OrderKey(space, name string, value history.Payload, serial uint64) []byte {
	return AppendU64(AppendPlace(OrderPrefix(space, name), value), serial)
}

// OrderPlace is the place in a key of the index.
func OrderPlace(k []byte) []byte { return k[2+16 : len(k)-8] }

// AppendPlace appends the place of a value.
func AppendPlace(k []byte, value history.Payload) []byte {
	switch kind(value) {
	case 'b':
		return append(k, 'b', map[bool]byte{true: 1}[value[0] == 't'])
	case 'n':
		var float byte
		if bytes.ContainsAny(value, ".eE") {
			float = 1
		}
		return append(appendNumber(append(k, 'n'), value), float)
	case 't':
		return append(appendText(append(k, 't'), OrderText(Text(value))), 0)
	}
	return append(k, 'x')
}

// kind is what a value is: a letter of a place.
func kind(value history.Payload) byte {
	if len(value) == 0 {
		return 'x'
	}
	switch c := value[0]; {
	case c == '"':
		return 't'
	case c == 't' || c == 'f':
		return 'b'
	case c == '-' || c >= '0' && c <= '9':
		return 'n'
	}
	return 'x'
}

func appendNumber(k []byte, value history.Payload) []byte {
	f, _ := strconv.ParseFloat(string(value), 64) // infinite for more than a float can say
	b := math.Float64bits(f)
	if b>>63 == 0 {
		b |= 1 << 63
	} else {
		b = ^b
	}
	return AppendU64(k, b)
}

// appendText appends the beginning of a text, in which bytes 0 and 1 are the same.
func appendText(k []byte, text string) []byte {
	for i := range min(len(text), OrderBytes) {
		k = append(k, max(text[i], 1))
	}
	return k
}

// OrderText is what a text is ordered by: times as attributes have them, in UTC and without zeros
// at their end, are in order once their last letter is gone, for it stands after the point of a
// fraction.
func OrderText(text string) string {
	const like = "0000-00-00T00:00:00"
	if len(text) <= len(like) || text[len(text)-1] != 'Z' {
		return text
	}
	for i := range len(text) - 1 {
		digit := text[i] >= '0' && text[i] <= '9'
		switch {
		case i < len(like) && like[i] != '0' && text[i] != like[i], i < len(like) && like[i] == '0' && !digit, i == len(like) && text[i] != '.', i > len(like) && !digit:
			return text
		}
	}
	return text[:len(text)-1]
}

// CompareValues is the order of two values of one kind; not ok: they are of two, or have none.
func CompareValues(a, b history.Payload) (order int, ok bool) {
	of := kind(a)
	if of == 'x' || of != kind(b) {
		return 0, false
	}
	switch of {
	case 'b':
		return int(a[0]) - int(b[0]), true // f, t
	case 't':
		return strings.Compare(OrderText(Text(a)), OrderText(Text(b))), true
	}
	p, q := appendNumber(nil, a), appendNumber(nil, b)
	if c := bytes.Compare(p, q); c != 0 {
		return c, true
	}
	x, y := new(big.Rat), new(big.Rat) // floats are finite, so these are not much longer than their digits
	if _, ok := x.SetString(string(a)); !ok {
		return 0, true
	}
	if _, ok := y.SetString(string(b)); !ok {
		return 0, true
	}
	return x.Cmp(y), true
}

// Text is the text that a JSON string spells; of any other value nothing.
func Text(value history.Payload) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	in := value[1 : len(value)-1]
	if bytes.IndexByte(in, '\\') < 0 {
		return string(in)
	}
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' || i+1 == len(in) {
			out = append(out, in[i])
			continue
		}
		i++
		switch c := in[i]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(in[i+1:])
			i += min(4, len(in)-i-1)
			if utf16.IsSurrogate(r) && i+2 < len(in) && in[i+1] == '\\' && in[i+2] == 'u' {
				r = utf16.DecodeRune(r, hex4(in[i+3:]))
				i += min(6, len(in)-i-1)
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func hex4(b []byte) rune {
	n, err := strconv.ParseUint(string(b[:min(4, len(b))]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// Exact reports whether all values of a place are one value.
func Exact(place []byte) bool {
	switch place[0] {
	case 'b':
		return true
	case 'n': // whole numbers from 2^53 on have neighbours that are the same float
		b := U64(place[1:])
		if b>>63 == 1 {
			b ^= 1 << 63
		} else {
			b = ^b
		}
		return math.Abs(math.Float64frombits(b)) < 1<<53
	case 't':
		return len(place) < 2+OrderBytes && bytes.IndexByte(place, 1) < 0
	}
	return false
}
