package history

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode/utf8"

	"aion.dev/aion/catalog"
)

// MaxWorkflowID is the longest workflow id, in bytes.
const MaxWorkflowID = 200

// RunID names one execution of a workflow id. Callers mint a UUIDv7 before the log; runs that the
// state machine itself makes (children, continued runs) take a DeriveRunID, so that every node
// makes the same one.
type RunID [16]byte

// ParseRunID reads the usual text form of a UUID in lower case.
func ParseRunID(s string) (id RunID, err error) {
	return id, id.UnmarshalText([]byte(s))
}

// DeriveRunID makes the id of the nth run that parent gives rise to for the named purpose ("child",
// "continue"). It is a version 8 UUID.
func DeriveRunID(parent RunID, purpose string, n uint64) (id RunID) {
	h := sha256.New()
	h.Write([]byte("aion/run/1\x00" + purpose + "\x00"))
	h.Write(parent[:])
	h.Write(binary.BigEndian.AppendUint64(nil, n))
	copy(id[:], h.Sum(nil))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ChildRunID is the run id of a child, by the ordinal under which its parent starts it, and how
// often the parent was reopened before.
func ChildRunID(parent RunID, ordinal, reopened uint64) RunID {
	purpose := "child"
	if reopened > 0 {
		purpose += "/" + strconv.FormatUint(reopened, 10)
	}
	return DeriveRunID(parent, purpose, ordinal)
}

// String is the text form of the UUID.
func (id RunID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// SpeltRunID returns the id that String spells as s; false when it spells none so.
func SpeltRunID(s string) (id RunID, ok bool) {
	if len(s) != 36 {
		return id, false
	}
	digit := func(c byte) byte {
		switch {
		case c >= '0' && c <= '9':
			return c - '0'
		case c >= 'a' && c <= 'f':
			return c - 'a' + 10
		}
		return 0xff
	}
	at := 0
	for i := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			if s[at] != '-' {
				return RunID{}, false
			}
			at++
		}
		high, low := digit(s[at]), digit(s[at+1])
		if high|low > 15 {
			return RunID{}, false
		}
		id[i] = high<<4 | low
		at += 2
	}
	return id, true
}

// IsZero reports whether id names no run.
func (id RunID) IsZero() bool { return id == RunID{} }

// MarshalText writes the UUID, or nothing for the zero RunID.
func (id RunID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText is the reverse of MarshalText.
func (id *RunID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = RunID{}
		return nil
	}
	var got RunID
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return fmt.Errorf("%s is no run id: want a UUID such as 01890b5c-7f3e-7d52-b3a4-0123456789ab", catalog.Quote(string(b)))
	}
	packed := append(append(append(append(append([]byte{}, b[0:8]...), b[9:13]...), b[14:18]...), b[19:23]...), b[24:36]...)
	if _, err := hex.Decode(got[:], packed); err != nil {
		return fmt.Errorf("%s is no run id: %w", catalog.Quote(string(b)), err)
	}
	*id = got
	return nil
}

// CheckWorkflowID refuses ids that break the rule for ids: 1 to 200 characters of A-Z a-z 0-9 . _ :
// @ -, not starting with a dot.
func CheckWorkflowID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("workflow id is empty")
	case utf8.RuneCountInString(id) > MaxWorkflowID:
		return fmt.Errorf("workflow id has %d characters, the limit is %d", utf8.RuneCountInString(id), MaxWorkflowID)
	case id[0] == '.':
		return fmt.Errorf("workflow id %s starts with a dot", catalog.Quote(id))
	}
	place := 0
	for i, c := range id {
		place++
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == ':', c == '@', c == '-':
		default:
			what := "character " + catalog.QuoteRune(c)
			if _, size := utf8.DecodeRuneInString(id[i:]); c == utf8.RuneError && size == 1 {
				what = fmt.Sprintf("byte 0x%02x, which is no UTF-8,", id[i])
			}
			return fmt.Errorf("workflow id %s has the %s at position %d; allowed are A-Z a-z 0-9 . _ : @ -", catalog.Quote(id), what, place)
		}
	}
	return nil
}
