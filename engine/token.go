package engine

import (
	"encoding/base64"
	"encoding/binary"
	"math"

	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/namespace"
)

// A token identifies an attempt to a worker: a format byte, the run id, the ordinal and the
// attempt, as base64url. Workers must treat it as opaque. The state checks each use of a token, so
// it need be neither secret nor signed.
const (
	tokenFormat = 1
	maxToken    = 64 // characters
)

var tokenText = base64.RawURLEncoding.Strict()

// The run id is that of the namespace: a token of another one names no run.

func writeToken(space string, t fsm.TaskToken) string {
	t.RunID = namespace.RunID(space, t.RunID)
	b := append([]byte{tokenFormat}, t.RunID[:]...)
	b = binary.AppendUvarint(b, t.ID)
	b = binary.AppendUvarint(b, uint64(t.Attempt))
	return tokenText.EncodeToString(b)
}

// readToken reverses writeToken and accepts nothing else.
func readToken(space, s string) (t fsm.TaskToken, err error) {
	bad := func() (fsm.TaskToken, error) {
		return fsm.TaskToken{}, invalid("token", "%q is no token of a task: return the one that came with it", clip.Short(s))
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
	if writeToken("", t) != s { // another encoding of the same token, or trailing text
		return bad()
	}
	t.RunID = namespace.RunID(space, t.RunID)
	return t, nil
}
