package engine

import (
	"encoding/base64"
	"encoding/binary"
	"math"

	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/clip"
)

// A token is what a worker knows of an attempt: a format byte, the run id, the ordinal and the
// attempt, as base64url. Workers must not look inside; what a token may do is checked against the
// state each time, so it need not be secret or signed.
const (
	tokenFormat = 1
	maxToken    = 64 // characters
)

var tokenText = base64.RawURLEncoding.Strict()

func writeToken(t fsm.TaskToken) string {
	b := append([]byte{tokenFormat}, t.RunID[:]...)
	b = binary.AppendUvarint(b, t.ID)
	b = binary.AppendUvarint(b, uint64(t.Attempt))
	return tokenText.EncodeToString(b)
}

// readToken is the reverse of writeToken and takes nothing else.
func readToken(s string) (t fsm.TaskToken, err error) {
	bad := func() (fsm.TaskToken, error) {
		return fsm.TaskToken{}, invalid("token", "%q is no token of a task: hand back the one that came with it", clip.Short(s))
	}
	if len(s) > maxToken {
		return bad()
	}
	b, err := tokenText.DecodeString(s)
	if err != nil || len(b) < 1+len(t.RunID) || b[0] != tokenFormat {
		return bad()
	}
	rest := b[1+copy(t.RunID[:], b[1:]):]
	var n int
	if t.ID, n = binary.Uvarint(rest); n <= 0 {
		return bad()
	}
	attempt, m := binary.Uvarint(rest[n:])
	if m <= 0 || attempt > math.MaxUint32 {
		return bad()
	}
	t.Attempt = uint32(attempt)
	if writeToken(t) != s { // another spelling of the same, or more behind it
		return bad()
	}
	return t, nil
}
