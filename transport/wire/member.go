package wire

import "time"

// JoinTokenRequest is the body of POST /v1/cluster/join-tokens.
type JoinTokenRequest struct {
	Expires string `json:"expires,omitempty" doc:"How long it lets nodes in, a Go duration; 24h if absent, 0s: for ever"`
}

// JoinToken is a token that lets nodes into the cluster.
type JoinToken struct {
	ID        string     `json:"id" doc:"Id of the token: what stands before its dot"`
	By        string     `json:"by,omitempty" doc:"Name of the token of who made it"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Absent: never"`
}

// JoinTokenMade is the only answer that has the token itself.
type JoinTokenMade struct {
	Token string `json:"token,omitempty" doc:"For cluster.join_token of the nodes that join; it is shown once: a repeated call is answered without it"`
	JoinToken
	Answered
}

// JoinTokens lists the join tokens that have not expired, by id.
type JoinTokens struct {
	JoinTokens []JoinToken `json:"join_tokens" doc:"Without their secrets"`
	Indexed
}

// JoinTokenRevoked names the token that lets nobody in any more.
type JoinTokenRevoked struct {
	ID string `json:"id"`
	Answered
}

// ReplaceRequest is the body of POST /v1/cluster/replace.
type ReplaceRequest struct {
	Old string `json:"old" doc:"Id of the dead node"`
	New string `json:"new" doc:"Id of the node that takes its place"`
}

// Replacement says how far a replacement is.
type Replacement struct {
	Old   string `json:"old" doc:"Id of the dead node"`
	New   string `json:"new" doc:"Id of the node that takes its place"`
	Done  bool   `json:"done" doc:"The new node votes and the old one is removed"`
	Waits string `json:"waits,omitempty" doc:"What it waits for: repeat the call"`
	Answered
}
