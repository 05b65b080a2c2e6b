// Package all lists the workloads. It is the only place that knows all of them, so that they need
// not know each other. Begin with New.
package all

import (
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/backups"
	"aion.dev/aion/jepsen/load/batches"
	"aion.dev/aion/jepsen/load/callers"
	"aion.dev/aion/jepsen/load/canary"
	"aion.dev/aion/jepsen/load/catalog"
	"aion.dev/aion/jepsen/load/children"
	"aion.dev/aion/jepsen/load/deployments"
	"aion.dev/aion/jepsen/load/drain"
	"aion.dev/aion/jepsen/load/ephemeral"
	"aion.dev/aion/jepsen/load/idempotency"
	"aion.dev/aion/jepsen/load/moves"
	"aion.dev/aion/jepsen/load/namespaces"
	"aion.dev/aion/jepsen/load/pins"
	"aion.dev/aion/jepsen/load/progress"
	"aion.dev/aion/jepsen/load/readers"
	"aion.dev/aion/jepsen/load/resets"
	"aion.dev/aion/jepsen/load/schedules"
	"aion.dev/aion/jepsen/load/signals"
	"aion.dev/aion/jepsen/load/signatures"
	"aion.dev/aion/jepsen/load/starts"
	"aion.dev/aion/jepsen/load/stops"
	"aion.dev/aion/jepsen/load/timers"
	"aion.dev/aion/jepsen/load/updates"
	"aion.dev/aion/jepsen/load/workers"
)

// kind is a workload and how often its callers may call, relative to others: the time for waiting
// and for reading back each call differs.
type kind struct {
	begin   func() load.Workload
	density float64
}

// kinds are all workloads.
var kinds = map[string]kind{
	"backups":     {func() load.Workload { return &backups.Workload{} }, 0.5},
	"batches":     {func() load.Workload { return &batches.Workload{} }, 0.5},
	"callers":     {func() load.Workload { return &callers.Workload{} }, 1},
	"canary":      {func() load.Workload { return &canary.Workload{} }, 1},
	"catalog":     {func() load.Workload { return &catalog.Workload{} }, 1},
	"children":    {func() load.Workload { return &children.Workload{} }, 1},
	"deployments": {func() load.Workload { return &deployments.Workload{} }, 1},
	"drain":       {func() load.Workload { return &drain.Workload{} }, 1},
	"ephemeral":   {func() load.Workload { return &ephemeral.Workload{} }, 1},
	"idempotency": {func() load.Workload { return &idempotency.Workload{} }, 1},
	"move":        {func() load.Workload { return &moves.Workload{} }, 1},
	"move-go":     {func() load.Workload { return &moves.Workload{Language: load.Go} }, 1},
	"move-ts":     {func() load.Workload { return &moves.Workload{Language: load.TypeScript} }, 1},
	"namespaces":  {func() load.Workload { return &namespaces.Workload{} }, 1},
	"pins":        {func() load.Workload { return &pins.Workload{} }, 1},
	"progress":    {func() load.Workload { return &progress.Workload{} }, 1},
	"readers":     {func() load.Workload { return &readers.Workload{} }, 1},
	"reset":       {func() load.Workload { return &resets.Workload{} }, 0.5},
	"reset-go":    {func() load.Workload { return &resets.Workload{Language: load.Go} }, 0.5},
	"reset-ts":    {func() load.Workload { return &resets.Workload{Language: load.TypeScript} }, 0.5},
	"schedules":   {func() load.Workload { return &schedules.Workload{} }, 1},
	"signals":     {func() load.Workload { return &signals.Workload{} }, 0.5},
	"signatures":  {func() load.Workload { return &signatures.Workload{} }, 1},
	"starts":      {func() load.Workload { return &starts.Workload{} }, 0.5},
	"stops":       {func() load.Workload { return &stops.Workload{} }, 0.5},
	"timers":      {func() load.Workload { return &timers.Workload{} }, 0.2},
	"updates":     {func() load.Workload { return &updates.Workload{} }, 1},
	"updates-go":  {func() load.Workload { return &updates.Workload{Language: load.Go} }, 1},
	"updates-ts":  {func() load.Workload { return &updates.Workload{Language: load.TypeScript} }, 1},
	"workers":     {func() load.Workload { return &workers.Workload{} }, 1},
}

// NeedsTokens reports whether the nodes of a workload ask callers for tokens.
func NeedsTokens(name string) bool { return name == "callers" }

// Density returns the factor for a rate that is the same for all workloads.
func Density(name string) float64 {
	if k, ok := kinds[name]; ok {
		return k.density
	}
	return 1
}

// New creates a workload by name.
func New(name string) (load.Workload, error) {
	k, ok := kinds[name]
	if !ok {
		return nil, fmt.Errorf("there is no workload %q; there are %v", name, Names())
	}
	return k.begin(), nil
}

// Names lists the workloads.
func Names() []string { return slices.Sorted(maps.Keys(kinds)) }
