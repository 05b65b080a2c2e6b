package node

import (
	"errors"
	"testing"
)

// The last line of a node that stops names the cause. If the log or the state fails, the engine and
// the server end as well, often before the cluster does.
func TestCauseOfAnEnd(t *testing.T) {
	disk, closed := errors.New("cluster: no space left"), errors.New("engine: feed: the state is closed")
	for _, c := range []struct {
		name            string
		cluster, engine error
		first           string // the one that ended by itself
		want            error
	}{
		{"an orderly end", nil, nil, "", nil},
		{"the cluster fails, the engine is over first", disk, closed, "engine", disk},
		{"the cluster fails and is over first", disk, closed, "cluster", disk},
		{"the engine fails", nil, closed, "engine", closed},
		{"an end in order goes wrong in the engine", nil, closed, "", closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			cluster, engine := &part{name: "cluster", err: c.cluster}, &part{name: "engine", err: c.engine}
			first := map[string]*part{"cluster": cluster, "engine": engine}[c.first]
			got := causeOf(cluster, first, []*part{engine, cluster})
			if (got == nil) != (c.want == nil) || got != nil && got.err != c.want {
				t.Errorf("the cause is %+v, want %v", got, c.want)
			}
		})
	}
}
