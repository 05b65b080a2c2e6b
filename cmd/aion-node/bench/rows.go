package bench

import "context"

// row is a row of the table.
type row struct {
	name  string
	does  string // what one of it is, for people
	fixed int    // callers of a row that is measured once a round; 0 = each number of Settings.Callers
	kills bool   // it kills leaders
	tasks bool   // it needs workers
	// measure measures it in one round. An error means that nothing was measured: a call that fails
	// is counted in the sample.
	measure func(ctx context.Context, s *session, callers int) (*Sample, error)
}

// rows are in the order of the table. What shakes the cluster comes last.
var rows = []row{
	{name: "start", does: "start of a run until it is acknowledged", measure: looped(startOnly)},
	{name: "noop", does: "run that does nothing, start to result", measure: looped(runOf("noop"))},
	{name: "activity", does: "run with 1 activity, start to result", tasks: true, measure: looped(runOf("activity"))},
	{name: "sequence", does: "run with 10 activities, one after another", tasks: true, measure: looped(runOf("sequence"))},
	{name: "signal", does: "start, signal, result", measure: looped(signalled)},
	{name: "read", does: "linearizable read of a run's result", measure: looped(readResult)},
	{name: "query", does: "query of a run that waits", measure: looped(queryParked)},
	{name: "deploy", does: "deploy of a package of 50 KB", fixed: 1, measure: measureDeploys},
	{name: "route", does: "route of new runs to another version", fixed: 1, measure: looped(flipRoute)},
	{name: "three-step", does: "run with 3 activities: 100 samples, one at a time", fixed: 1, tasks: true, measure: measureThreeStepLatency},
	{name: "three-step-batch", does: "the same, 200 at once", fixed: threeStepBatch, tasks: true, measure: measureThreeStepBatch},
	{name: "failover", does: "kill -9 of the leader until the next acknowledged start", fixed: 1, kills: true, measure: measureFailover},
}

// Names lists the rows in their order.
func Names() (names []string) {
	for _, r := range rows {
		names = append(names, r.name)
	}
	return names
}

func rowNamed(name string) *row {
	for i := range rows {
		if rows[i].name == name {
			return &rows[i]
		}
	}
	return nil
}

// Described is a row for people.
type Described struct{ Row, Does string }

// Describe lists the rows in their order.
func Describe() (list []Described) {
	for _, r := range rows {
		list = append(list, Described{r.name, r.does})
	}
	return list
}
