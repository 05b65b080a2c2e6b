package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/pprof/profile"
)

// Share is the part of a node's CPU that went to one of Areas, from 0 to 1.
type Share struct {
	Area string  `json:"area"`
	Part float64 `json:"part"`
}

// areas say whose code a sample is in, by how the names of functions begin. The innermost function
// of a stack that is in the list decides: what the state machine calls of its database counts as
// apply, what gRPC calls of the kernel as front.
var areas = []struct {
	name     string
	prefixes []string
}{
	{"front", []string{"aion.dev/aion/transport", "google.golang.org/", "net/http", "encoding/json", "github.com/danielgtaylor/huma"}},
	{"engine", []string{"aion.dev/aion/engine", "go.starlark.net", "github.com/santhosh-tekuri/jsonschema"}},
	{"apply", []string{"aion.dev/aion/fsm", "aion.dev/aion/catalog", "github.com/cockroachdb/pebble"}},
	{"log", []string{"aion.dev/aion/cluster/logstore", "github.com/hashicorp/raft-wal", "github.com/hashicorp/raft-boltdb", "go.etcd.io/bbolt"}},
	{"raft", []string{"github.com/hashicorp/raft", "aion.dev/aion/cluster", "github.com/hashicorp/go-msgpack", "github.com/hashicorp/memberlist"}},
	{"collector", []string{"runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge"}},
	{"scheduler", []string{"runtime.mcall", "runtime.mstart", "runtime.schedule", "runtime.findRunnable", "runtime.sysmon", "runtime.goexit0"}},
}

// other is the area of what is in none.
const other = "other"

// Areas lists the areas of Share.
func Areas() (names []string) {
	for _, a := range areas {
		names = append(names, a.name)
	}
	return append(names, other)
}

// areaOf returns the area of a stack, innermost function first.
func areaOf(stack []string) string {
	for _, name := range stack {
		for _, a := range areas {
			for _, p := range a.prefixes {
				if strings.HasPrefix(name, p) {
					return a.name
				}
			}
		}
	}
	return other
}

// sharesOf counts the samples of a CPU profile by area.
func sharesOf(p *profile.Profile) (shares []Share) {
	counted, sum := map[string]int64{}, int64(0)
	for _, s := range p.Sample {
		var stack []string
		for _, l := range s.Location {
			for _, line := range l.Line {
				if line.Function != nil {
					stack = append(stack, line.Function.Name)
				}
			}
		}
		n := s.Value[len(s.Value)-1]
		counted[areaOf(stack)] += n
		sum += n
	}
	if sum == 0 {
		return nil
	}
	for _, name := range Areas() {
		shares = append(shares, Share{name, float64(counted[name]) / float64(sum)})
	}
	return shares
}

// profiler takes CPU profiles of nodes that were started for a measurement.
type profiler struct {
	http  *http.Client
	nodes map[string]string // address of each node's profiles, by its name
}

// take profiles all nodes for a time, in the background; wait returns where their CPU went.
func (p *profiler) take(ctx context.Context, span time.Duration) (wait func() (map[string][]Share, error)) {
	if p == nil {
		return func() (map[string][]Share, error) { return nil, nil }
	}
	var mu sync.Mutex // guards the two below
	all, failed := map[string][]Share{}, error(nil)
	var taking sync.WaitGroup
	for name, address := range p.nodes {
		taking.Go(func() {
			shares, err := p.one(ctx, address, span)
			mu.Lock()
			defer mu.Unlock()
			all[name], failed = shares, errors.Join(failed, err)
		})
	}
	return func() (map[string][]Share, error) {
		taking.Wait()
		return all, failed
	}
}

func (p *profiler) one(ctx context.Context, address string, span time.Duration) ([]Share, error) {
	seconds := max(1, int(span.Seconds())) // they come in whole seconds
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/debug/pprof/profile?seconds="+strconv.Itoa(seconds), nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("profile of %s: %s", address, resp.Status)
	}
	taken, err := profile.Parse(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("profile of %s: %w", address, err)
	}
	return sharesOf(taken), nil
}
