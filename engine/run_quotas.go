package engine

import (
	"context"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// SetRunQuota sets how many runs of a type may be open, and how deep a tree they may be in; of the
// empty name of a namespace, for all its types together. 0 is no bound.
func (e *Engine) SetRunQuota(ctx context.Context, c Call, q rows.RunQuota) (Answered, error) {
	if namespace.Bare(q.Name) != "" {
		if err := checkType("type", q.Name); err != nil {
			return Answered{}, err
		}
	}
	_, a, err := proposeAt[*fsm.Done](ctx, e, c, levelStops, &fsm.SetRunQuota{Quota: q})
	return a, err
}

// RunQuota is a quota with how many runs it counts as open.
type RunQuota struct {
	rows.RunQuota
	Open uint64
}

// RunQuotas lists the quotas, that of the namespace as a whole first.
func (e *Engine) RunQuotas(ctx context.Context, rd Read) (list []RunQuota, index uint64, err error) {
	err = e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		for _, q := range v.RunQuotas() {
			one := RunQuota{RunQuota: q}
			whole := namespace.Bare(q.Name) == ""
			for _, n := range v.CountRuns(fsm.RunFilter{}) {
				if n.Status.Open() && (n.Type == q.Name || whole && namespace.Of(n.Type) == namespace.Of(q.Name)) {
					one.Open += n.Count
				}
			}
			list = append(list, one)
		}
	})
	return list, index, err
}
