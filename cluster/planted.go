package cluster

import (
	"time"

	"aion.dev/aion/internal/seeded"
	"github.com/hashicorp/raft"
)

// leased is a planted bug's notion of leading: a barrier passed within 4 s, which is longer than an election takes, and this node has heard of no other leader since.
func (c *Cluster) leased() bool {
	r := c.raft.Load()
	if who, _, _ := c.Leader(); r == nil || who != "" && who != c.id {
		return false
	}
	return seeded.Cached("lease", 4*time.Second, func() string {
		if r.State() != raft.Leader || r.Barrier(0).Error() != nil {
			return "none"
		}
		return "passed"
	}) == "passed"
}

// shiftAnswers is a planted bug's notion of whose answer is whose: each command of an entry gets that
// of the one behind it, as if the withdrawn one had kept its place.
func shiftAnswers(commands []*command) {
	for i := 1; i < len(commands); i++ {
		commands[i-1].answer, commands[i].answer = commands[i].answer, commands[i-1].answer
	}
}
