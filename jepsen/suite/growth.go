package suite

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/nodes"
)

// size is the resources that a node uses, as its own /metrics report.
type size struct {
	goroutines, descriptors, memory float64
	starts                          int
}

func sizeOf(ctx context.Context, n *nodes.Node) (s size, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	s.starts = n.Starts()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL("/metrics"), nil)
	if err != nil {
		return s, err
	}
	resp, err := n.Web().Do(req)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		v, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			s.goroutines += v
		// a parked run keeps a goroutine, also for a while after it was closed from outside
		case "aion_engine_resident_executions":
			s.goroutines -= v
		case "process_open_fds":
			s.descriptors = v
		case "process_resident_memory_bytes":
			s.memory = v
		}
	}
	return s, lines.Err()
}

// How much more a node may use when everything is resolved than when it began, whatever happened to
// it.
const (
	moreGoroutines  = 400 // idle connections of clients and of other nodes, two each; parked runs are not counted
	moreDescriptors = 400
	mostMemory      = 2 << 30
)

// grown compares the nodes with their sizes before, and waits a while for resources that are being
// released.
func grown(ctx context.Context, c *nodes.Cluster, before map[string]size) (growth []string, found []load.Violation) {
	for try := 0; ; try++ {
		growth, found = nil, nil
		for _, n := range c.Nodes() {
			now, err := sizeOf(ctx, n)
			if err != nil {
				continue
			}
			was := before[n.Name]
			growth = append(growth, fmt.Sprintf("%s: goroutines %.0f to %.0f, descriptors %.0f to %.0f, memory %.0f to %.0f MiB, started %d times",
				n.Name, was.goroutines, now.goroutines, was.descriptors, now.descriptors, was.memory/(1<<20), now.memory/(1<<20), now.starts))
			if now.goroutines > was.goroutines+moreGoroutines || now.descriptors > was.descriptors+moreDescriptors || now.memory > mostMemory {
				found = append(found, load.Violation{Checker: "growth", What: growth[len(growth)-1]})
			}
		}
		if len(found) == 0 || try == 40 || ctx.Err() != nil {
			return growth, found
		}
		time.Sleep(500 * time.Millisecond)
	}
}
