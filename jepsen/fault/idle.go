package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "idle-callers", Family: "load", What: "a node that may open few files is held by more connections that say nothing than it may have, on its HTTP port and on its node port",
		Min: 3 * time.Second, Max: 8 * time.Second, Fault: Func(idleCallers),
	})
}

// idleFiles is how many files the node may open during the fault. docs/OPERATIONS.md divides them
// up: about a fifth is left for callers.
const idleFiles = 600

// idleCallers restarts one node with few descriptors, opens more connections to it than it has
// descriptors, and reopens those that the node ends. Other callers must still be answered, and the
// node must not end: a log or a state that cannot open a file would end it.
func idleCallers(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	done, ok := operate(c) // the node goes down twice, in an orderly way
	if !ok {
		return busy, nil, nil
	}
	n := anyOne(ctx, c, r)[0]
	stop := n.Stop(30 * time.Second)
	n.Files(idleFiles)
	if err := errors.Join(stop, start([]*nodes.Node{n})); err != nil {
		done()
		n.Files(0)
		return "", func(context.Context) error { return start([]*nodes.Node{n}) }, err
	}
	targets := []string{n.Direct()}
	if own, here := n.Listens(); here {
		targets = append(targets, own.Raft)
	}
	starts := n.Starts()
	holding, let := context.WithCancel(ctx)
	held := make([]*holders, len(targets))
	for i, address := range targets {
		held[i] = hold(holding, address, idleFiles)
	}
	asked, over := make(chan struct{}), make(chan struct{})
	var silent error
	go func() {
		defer close(over)
		if wait(holding, 2*time.Second) { // all connections are open
			close(asked)
			silent = answers(holding, n, starts)
		}
	}()
	return fmt.Sprintf("%s may open %d files and is held by %d idle connections on each of %d ports", n.Name, idleFiles, idleFiles, len(targets)), func(ctx context.Context) error {
		defer done()
		select { // once asked, it has time to answer
		case <-asked:
			<-over
		default:
		}
		let()
		<-over
		for _, h := range held {
			h.end()
		}
		n.Files(0)
		return errors.Join(silent, start([]*nodes.Node{n}))
	}, nil
}

// answers calls the node through a new connection, several times. A node that another fault has
// stopped, or taken down, need not answer.
func answers(ctx context.Context, n *nodes.Node, starts int) error {
	var last error
	for range 4 {
		asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		_, last = get(asking, web, "http://"+n.Direct()+"/health/live")
		cancel()
		if last == nil || n.Frozen() || !n.Running() || n.Starts() != starts || isSick(n) {
			return nil
		}
	}
	return fmt.Errorf("%s %s answers nobody while callers that say nothing hold it: %w", Broken, n.Name, last)
}

// holders hold idle connections.
type holders struct {
	stop context.CancelFunc
	all  sync.WaitGroup
}

// hold keeps n idle connections to an address. It reopens one that the other side ends a little
// later.
func hold(ctx context.Context, address string, n int) *holders {
	ctx, stop := context.WithCancel(ctx)
	h := &holders{stop: stop}
	for range n {
		h.all.Go(func() {
			for ctx.Err() == nil {
				keep(ctx, address)
				wait(ctx, 500*time.Millisecond)
			}
		})
	}
	return h
}

// keep opens one connection and waits for its end.
func keep(ctx context.Context, address string) {
	d := net.Dialer{Timeout: 5 * time.Second}
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { c.Close() })()
	defer c.Close()
	c.Read(make([]byte, 1)) // nothing arrives but its end
}

func (h *holders) end() {
	h.stop()
	h.all.Wait()
}
