package wire

import "time"

// Headers of requests.
const (
	HeaderRequestID = "Idempotency-Key"        // 1 to 200 printable ASCII characters; see docs/API.md, Request ids
	HeaderGenerated = "Aion-Request-Generated" // "true": the CLI or SDK made the key up, it is kept for 15 minutes instead of 24 hours
	HeaderActor     = "Aion-Actor"             // who asks, for the deploy history; ignored when tokens are configured
	HeaderForwarded = "Aion-Forwarded"         // id of the node that passed the call on; such a call is never passed on again
)

// Headers of answers.
const (
	HeaderIndex         = "Aion-Index"          // log index that the answer reflects
	HeaderLeaderContact = "Aion-Leader-Contact" // of stale reads: how long ago this node heard from the leader, a Go duration or "never"
	HeaderNode          = "Aion-Node"           // id of the node that answered
)

// RequestIDKey is HeaderRequestID as a key of http.Header that goes out. Under the name in its
// usual spelling http.Transport takes the request for one that it may send again by itself when a
// connection breaks before the answer. The outcome of its last attempt, which may say that nothing
// arrived, or that nothing was done, would then be taken for that of all.
const RequestIDKey = "idempotency-key"

// Limits that both sides know.
const (
	MaxRequestID = 200              // characters of a request id
	MaxActor     = 200              // bytes of an actor
	MaxWait      = 60 * time.Second // longest ?wait=; clients that want to wait longer ask again
	MaxPage      = 1000             // longest page of any listing
	DefaultPage  = 100
)

// ValidRequestID reports whether id can be a request id: 1 to MaxRequestID printable ASCII
// characters.
func ValidRequestID(id string) bool {
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= MaxRequestID
}

// Indexed is an answer that says which log index it reflects.
type Indexed struct {
	Index uint64 `json:"index" doc:"Log index that this answer reflects"`
}

// Answered is what every answer to a mutation carries.
type Answered struct {
	Indexed
	Deduplicated bool `json:"deduplicated,omitempty" doc:"The request id was known: this is its first answer, and nothing was done now"`
}

// Page asks for a part of a listing.
type Page struct {
	Limit  int    // at most MaxPage; 0 = DefaultPage
	Cursor string // next_cursor of the page before; empty = from the start
}
