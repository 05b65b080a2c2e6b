package bench

import "context"

// scaleGroup is lines of the tables that are timed together, at every size.
type scaleGroup struct {
	lines []Described
	calls bool // it only calls: no node is started or stopped
	// measure returns what was timed for each line. An error ends the measurement: what came after
	// would be of a broken cluster. A call that fails is counted.
	measure func(ctx context.Context, m *scaling, p *ScalePoint) ([]*tally, error)
}

// scaleGroups are in the order in which they are measured. The restart of all nodes is the last:
// memory is read once more after it.
var scaleGroups = []scaleGroup{
	{calls: true, measure: startIdle, lines: []Described{{"start", "start of a run until it is acknowledged, while nobody else calls"}}},
	{calls: true, measure: listFirst(nil), lines: []Described{{"list", "first page of all runs, 100 a page"}}},
	{calls: true, measure: listDeep(nil), lines: []Described{{"list-deep", "a page behind 100,000 newer runs, or behind half of fewer"}}},
	{calls: true, measure: listFirst(ofType), lines: []Described{{"list-type", "first page of the running ones of a type: half of the open runs"}}},
	{calls: true, measure: listDeep(ofType), lines: []Described{{"list-type-deep", "a page of those behind as many"}}},
	{calls: true, measure: listFirst(ofLot), lines: []Described{{"list-attribute", "first page of those with one value of an attribute: a hundredth of the open runs"}}},
	{calls: true, measure: countAll, lines: []Described{{"count", "counts of all runs by type, version and status"}}},
	{calls: true, measure: describeOpen, lines: []Described{{"describe", "description of an open run"}}},
	{calls: true, measure: pinsFirst, lines: []Described{{"pins", "counts of what pins a version, with its first 100 holders"}}},
	{calls: true, measure: unloadRefused, lines: []Described{{"unload", "unload, refused with the first holders"}}},
	{measure: joinEmpty, lines: []Described{{"join", "start of an empty node until it has all that was committed then"}}},
	{measure: restartOne, lines: []Described{
		{"stop", "SIGTERM of a node that does not lead, or of the only one, until it has ended"},
		{"restart", "its start after that, until it is ready"},
	}},
	{measure: crashLeader, lines: []Described{
		{"failover", "kill -9 of the leader until the next acknowledged start; an only node is started again at once"},
		{"crash", "start of the killed node until it is ready"},
	}},
	{measure: restartAll, lines: []Described{{"restart-all", "start of all nodes, after all have ended, until all are ready"}}},
}
