package links

import (
	"fmt"
	"time"
)

// Traffic is a kind of traffic on a link.
type Traffic string

// The kinds. Raft and Calls share a port of the node; the first bytes of a connection distinguish
// them.
const (
	Raft   Traffic = "raft"   // log, votes, snapshots
	Calls  Traffic = "calls"  // node calls and archives
	Gossip Traffic = "gossip" // UDP and TCP
	HTTP   Traffic = "http"   // clients, and nodes that forward calls to the leader
)

// All lists the kinds.
var All = []Traffic{Raft, Calls, Gossip, HTTP}

// Client is the name under which this process calls.
const Client = "client"

// Rule is what happens to the bytes of one directed link. The zero value lets them through.
type Rule struct {
	// bytes of streams are held back until the rule changes, as if packets were lost; datagrams are
	// lost
	Cut    bool          `json:"cut,omitempty"`
	Refuse bool          `json:"refuse,omitempty"` // connections end, including new ones
	Delay  time.Duration `json:"delay,omitempty"`  // of every byte
	Jitter time.Duration `json:"jitter,omitempty"` // additional delay up to this; streams keep their order
	// fraction of datagrams lost; streams are instead held back for 200 ms that often
	Loss float64 `json:"loss,omitempty"`
	Rate int     `json:"rate,omitempty"` // bytes a second; 0 = any
}

// String describes the rule in a few words.
func (r Rule) String() string {
	switch {
	case r == Rule{}:
		return "open"
	case r.Cut:
		return "cut"
	case r.Refuse:
		return "refuse"
	}
	return fmt.Sprintf("delay %s+%s loss %.0f%% rate %d", r.Delay, r.Jitter, 100*r.Loss, r.Rate)
}
