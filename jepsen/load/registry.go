package load

import (
	"fmt"
	"maps"
	"slices"
)

// kind is a workload and how often its callers may call, compared with others: what each call costs
// afterwards, to wait for and to read again, differs.
type kind struct {
	begin   func() Workload
	density float64
}

// kinds are all workloads that there are.
var kinds = map[string]kind{
	"catalog":     {func() Workload { return &catalog{} }, 1},
	"children":    {func() Workload { return &children{} }, 1},
	"idempotency": {func() Workload { return &idempotency{} }, 1},
	"pins":        {func() Workload { return &pins{} }, 1},
	"progress":    {func() Workload { return &progress{} }, 1},
	"readers":     {func() Workload { return &readers{} }, 1},
	"schedules":   {func() Workload { return &schedules{} }, 1},
	"signals":     {func() Workload { return &signals{} }, 0.5},
	"timers":      {func() Workload { return &timers{} }, 0.2},
	"workers":     {func() Workload { return &workers{} }, 1},
}

// Density is what to multiply a rate that is the same for all workloads with.
func Density(name string) float64 {
	if k, ok := kinds[name]; ok {
		return k.density
	}
	return 1
}

// New makes a workload by name.
func New(name string) (Workload, error) {
	k, ok := kinds[name]
	if !ok {
		return nil, fmt.Errorf("there is no workload %q; there are %v", name, Names())
	}
	return k.begin(), nil
}

// Names lists the workloads.
func Names() []string { return slices.Sorted(maps.Keys(kinds)) }
