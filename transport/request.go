package transport

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

// change parses a mutation: its JSON body into v (nil = it has none), and who asks for it under
// which key.
func change(ctx context.Context, v any, n need) (engine.Call, error) {
	x := exchangeOf(ctx)
	var err error
	if v == nil {
		x.bodyBytes, err = x.readBody()
	} else {
		err = x.decode(v, n)
	}
	if err != nil {
		return engine.Call{}, err
	}
	return x.call()
}

// call returns who asks, and under which key. The body must have been read.
func (x *exchange) call() (engine.Call, error) {
	c := engine.Call{Actor: x.caller.name, Only: x.only}
	ids, given := x.r.Header[wire.HeaderRequestID]
	if !given {
		return c, nil
	}
	if len(ids) > 1 || !wire.ValidRequestID(ids[0]) {
		return c, invalid(wire.HeaderRequestID, "must be one key of 1 to %d printable ASCII characters", wire.MaxRequestID)
	}
	c.Request = &fsm.Request{ID: ids[0], Print: x.print(), Short: x.generated(), Owner: x.owner()}
	return c, nil
}

// owner is whose the call's key is: of one caller within one namespace, and of none that had its
// name before.
func (x *exchange) owner() string {
	if x.space == "" {
		return x.caller.owner
	}
	return x.name(strconv.FormatUint(x.since, 36) + "/" + x.caller.owner)
}

// generated reports whether the caller's program made the key up.
func (x *exchange) generated() bool { return x.r.Header.Get(wire.HeaderGenerated) == "true" }

// print hashes everything that identifies a request: the same key with another print is another
// request. It omits parameters that only say how long to wait or how fresh to read, so that a
// repeated call may wait differently.
func (x *exchange) print() catalog.Digest {
	b := make([]byte, 0, 512)
	frame := func(s string) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	frame("aion/request/1")
	frame(x.r.Method)
	frame(canonicalPath(x.r.URL))
	frame(canonicalQuery(x.query))
	sum := sha256.Sum256(x.bodyBytes)
	b = binary.BigEndian.AppendUint64(b, uint64(len(sum)))
	return sha256.Sum256(append(b, sum[:]...))
}

// canonicalPath escapes each segment in one way, because callers differ in which characters they
// escape needlessly.
func canonicalPath(u *url.URL) string {
	escaped := u.EscapedPath()
	if !strings.ContainsFunc(escaped, mayBeEscaped) {
		return escaped
	}
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			segments[i] = url.PathEscape(plain)
		}
	}
	return strings.Join(segments, "/")
}

// mayBeEscaped reports whether an address may have a character in more than one form.
func mayBeEscaped(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' && c != '/'
}

func canonicalQuery(q url.Values) string {
	without := 0
	for _, name := range []string{"wait", "min_index", "consistency"} {
		if _, given := q[name]; given {
			without++
		}
	}
	if len(q) == without {
		return ""
	}
	q = maps.Clone(q)
	for _, name := range []string{"wait", "min_index", "consistency"} {
		q.Del(name)
	}
	for _, values := range q {
		slices.Sort(values)
	}
	return q.Encode()
}

// forwarded reports whether another node forwarded the call.
func forwarded(r *http.Request) bool { return r.Header.Get(wire.HeaderForwarded) != "" }
