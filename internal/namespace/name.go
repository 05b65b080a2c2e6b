package namespace

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// Default is the namespace of all who name none. In this package, and wherever names are qualified,
// it is the empty text; people write Default.
const Default = "default"

// MaxLength bounds the name of a namespace, in bytes.
const MaxLength = 63

// mark begins a qualified name and ends its namespace. No namespace has it, and it sorts before
// every character that names of runs, types and schedules may have.
const mark = '!'

// Check refuses what cannot be the name of a namespace.
func Check(name string) error {
	if n := len(name); n < 1 || n > MaxLength {
		return fmt.Errorf("has %d bytes; the name of a namespace has 1 to %d", n, MaxLength)
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("has a character at position %d that is not one of a-z 0-9 -", i+1)
		}
	}
	return nil
}

// Known turns what people write into what this package takes.
func Known(name string) string {
	if name == Default {
		return ""
	}
	return name
}

// Shown is the reverse of Known.
func Shown(space string) string {
	if space == "" {
		return Default
	}
	return space
}

// Qualify returns a name of a namespace as it is stored.
func Qualify(space, name string) string {
	if space == "" && (name == "" || name[0] != mark) {
		return name
	}
	return Prefix(space) + name
}

// Prefix begins all names of a namespace other than default.
func Prefix(space string) string { return string(mark) + space + string(mark) }

// Split is the reverse of Qualify. A name that begins with a mark and is not qualified is one of
// default, from before there were namespaces.
func Split(name string) (space, bare string) {
	if name == "" || name[0] != mark {
		return "", name
	}
	space, bare, ok := strings.Cut(name[1:], string(mark))
	if !ok || space != "" && Check(space) != nil {
		return "", name
	}
	return space, bare
}

// Of returns the namespace of a stored name.
func Of(name string) string {
	if name == "" || name[0] != mark {
		return ""
	}
	space, _ := Split(name)
	return space
}

// Bare returns a stored name as people of its namespace write it.
func Bare(name string) string {
	if name == "" || name[0] != mark {
		return name
	}
	_, bare := Split(name)
	return bare
}

// Rest is where the names of default go on that stand behind those of all others.
const Rest = "\""

// First is where the names of all other namespaces begin.
const First = "!-"

// Mask is what the versions of a namespace are combined with: zero for default.
func Mask(space string) (mask [sha256.Size]byte) {
	if space == "" {
		return mask
	}
	return sha256.Sum256([]byte("aion namespace\x00" + space))
}

// Version turns a version of a namespace into what is stored, and back. The zero version, which is
// none, stays.
func Version[V ~[sha256.Size]byte](space string, v V) V {
	if space == "" || v == (V{}) {
		return v
	}
	mask := Mask(space)
	for i := range v {
		v[i] ^= mask[i]
	}
	return v
}

// Ref does the same to the start of a version, in hex digits. What is no start of a version stays,
// to be refused by whoever reads it.
func Ref(space, ref string) string {
	if space == "" || len(ref) < shortest || len(ref) > 2*sha256.Size {
		return ref
	}
	mask := Mask(space)
	digits := []byte(ref)
	for i, c := range digits {
		n := strings.IndexByte(hexDigits, c)
		if n < 0 {
			return ref
		}
		of := mask[i/2]
		if i%2 == 0 {
			of >>= 4
		}
		digits[i] = hexDigits[byte(n)^of&15]
	}
	return string(digits)
}

// shortest is how many digits a start of a version has at least. Whoever reads a shorter one
// refuses it, and quotes it.
const shortest = 6

const hexDigits = "0123456789abcdef"

// RunID does to the id of a run what Version does to versions. Tokens of tasks hold such ids: one
// of another namespace names no run.
func RunID[R ~[16]byte](space string, id R) R {
	if space == "" || id == (R{}) {
		return id
	}
	mask := Mask(space)
	for i := range id {
		id[i] ^= mask[i]
	}
	return id
}

// Text strips a text that was made of stored names: the prefix of its namespace goes wherever it
// stands. No name has it in itself.
func Text(space, text string) string {
	if space == "" { // a quoted name that begins with a mark
		return strings.ReplaceAll(text, `"!!!`, `"!`)
	}
	return strings.ReplaceAll(text, Prefix(space), "")
}

// Digits is Ref for every run of at least least digits in a text that people read.
func Digits(space, text string, least int) string {
	if space == "" {
		return text
	}
	var out strings.Builder
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && strings.IndexByte(hexDigits, text[end]) >= 0 {
			end++
		}
		if end-at >= least {
			out.WriteString(Ref(space, text[at:end]))
		} else {
			end = max(end, at+1)
			out.WriteString(text[at:end])
		}
		at = end
	}
	return out.String()
}
