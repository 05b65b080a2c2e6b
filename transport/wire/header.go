package wire

import "time"

// Request headers.
const (
	HeaderRequestID = "Idempotency-Key"        // 1 to 200 printable ASCII characters; see docs/API.md, Request ids
	HeaderGenerated = "Aion-Request-Generated" // "true": the CLI or SDK generated the key; it is kept for 15 minutes instead of 24 hours
	HeaderActor     = "Aion-Actor"             // who asks, for the deploy history; ignored when tokens are configured
	HeaderNamespace = "Aion-Namespace"         // of the call; default: DefaultNamespace
	HeaderForwarded = "Aion-Forwarded"         // id of the node that forwarded the call; such a call is never forwarded again
)

// Response headers.
const (
	HeaderIndex         = "Aion-Index"          // log index that the answer reflects
	HeaderLeaderContact = "Aion-Leader-Contact" // in stale reads: how long ago this node heard from the leader, a Go duration or "never"
	HeaderNode          = "Aion-Node"           // id of the node that answered
	HeaderBackup        = "Aion-Backup"         // id of the backup that the answer streams, to go on with it
	HeaderDigest        = "Repr-Digest"         // of archives and modules: sha-256 of the bytes (RFC 9530)
)

// RequestIDKey is HeaderRequestID as a key of an outgoing http.Header. With the canonical spelling
// of the name, http.Transport would assume that it may resend the request by itself if a connection
// breaks before the answer. The outcome of its last attempt, which may say that nothing arrived or
// nothing was done, would then count as the outcome of all of them.
const RequestIDKey = "idempotency-key"

// Limits that both sides know.
const (
	MaxRequestID = 200              // characters of a request id
	MaxActor     = 200              // bytes of an actor
	MaxWait      = 60 * time.Second // longest ?wait=; clients that want to wait longer repeat the call
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

// Indexed is embedded in answers that name the log index that they reflect.
type Indexed struct {
	Index uint64 `json:"index" doc:"Log index that this answer reflects"`
}

// Answered is embedded in answers to mutations.
type Answered struct {
	Indexed
	Deduplicated bool `json:"deduplicated,omitempty" doc:"The request id was known: this is its first answer, and nothing was done now"`
}

// Page asks for a part of a listing.
type Page struct {
	Limit  int    // at most MaxPage; 0 = DefaultPage
	Cursor string // next_cursor of the page before; empty = from the start
}
