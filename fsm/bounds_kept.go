package fsm

import "cmp"

// Keep is how much is kept of the histories that grow for ever. Zero fields are what every cluster
// has: apply enforces them, so nodes that differ would part ways, and only the simulation has
// others, to come to their edges.
type Keep struct {
	Deploys   int // acts of the deploy history, and as many refusals
	Feed      int // events of the public stream
	FeedSlack int // and how many more, before the oldest go together
}

func (k Keep) deploys() int { return cmp.Or(k.Deploys, deploysKept) }
func (k Keep) feed() uint64 { return uint64(cmp.Or(k.Feed, feedKept)) }
func (k Keep) slack() uint64 {
	return uint64(cmp.Or(k.FeedSlack, feedSlack))
}
