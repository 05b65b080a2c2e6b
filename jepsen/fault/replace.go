package fault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// sick are the nodes of each cluster whose disk is in doubt. The suite's expectations hold while a
// majority of disks is intact, so faults of disks share this.
var sick = struct {
	sync.Mutex
	of map[*nodes.Cluster]map[*nodes.Node]bool
}{of: map[*nodes.Cluster]map[*nodes.Node]bool{}}

// claim marks a node as sick and returns how to undo that, or why it must not be marked: no
// majority would be intact, or the node is already sick.
func claim(c *nodes.Cluster, n *nodes.Node) (release func(), why string) {
	sick.Lock()
	defer sick.Unlock()
	of := sick.of[c]
	if of == nil {
		of = map[*nodes.Node]bool{}
		sick.of[c] = of
	}
	if of[n] || len(of) >= (len(c.Nodes())-1)/2 {
		return nil, Nothing + " the disk of " + n.Name + " or of another is sick already"
	}
	of[n] = true
	return sync.OnceFunc(func() {
		sick.Lock()
		defer sick.Unlock()
		if delete(of, n); len(of) == 0 {
			delete(sick.of, c)
		}
	}), ""
}

// isSick reports whether the disk of n is in doubt.
func isSick(n *nodes.Node) bool {
	sick.Lock()
	defer sick.Unlock()
	for _, of := range sick.of {
		if of[n] {
			return true
		}
	}
	return false
}

// replace gives the node an empty disk and lets it join again, as docs/OPERATIONS.md describes for
// a lost node: the leader removes its id first, and the new node gets another one.
func replace(ctx context.Context, c *nodes.Cluster, n *nodes.Node) error {
	n.Hold() // a concurrent rolling restart must not start it in between: it would be refused, rightly, and end
	err := n.Offline(func() error { return os.RemoveAll(n.Data) })
	if err == nil {
		if err = remove(ctx, c, n); err == nil {
			n.NewID()
		}
	}
	if n.Release(); err != nil {
		return err
	}
	if err := n.Start(); err != nil {
		return err
	}
	if err := ready(ctx, n); err != nil {
		return err
	}
	return voter(ctx, c, n)
}

// voter waits until n votes: until then losing another node would lose the majority.
func voter(ctx context.Context, c *nodes.Cluster, n *nodes.Node) error {
	for {
		for _, other := range c.Nodes() {
			s, err := other.Status(ctx)
			if err != nil || s.Leader != other.ID() {
				continue
			}
			for _, m := range s.Members {
				if m.ID == n.ID() && m.Role == "voter" {
					return nil
				}
			}
		}
		if !wait(ctx, 100*time.Millisecond) {
			return fmt.Errorf("%s was not made a voter: %w", n.Name, ctx.Err())
		}
	}
}

// remove asks one node after another until the leader has removed n or says that it is not a
// member.
func remove(ctx context.Context, c *nodes.Cluster, n *nodes.Node) error {
	body, err := json.Marshal(map[string]string{"node": n.ID()})
	if err != nil {
		return err
	}
	said := "nobody was asked"
	for ; ; wait(ctx, 200*time.Millisecond) {
		for _, through := range c.Nodes() {
			if through == n {
				continue
			}
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("remove %s: %w; the last answer: %s", n.Name, err, said)
			}
			call, cancel := context.WithTimeout(ctx, 10*time.Second)
			status, answer, err := post(call, through, "/v1/cluster/remove", string(body))
			cancel()
			switch {
			case err != nil:
				said = err.Error()
			case status < 300:
				return nil
			default:
				if said = answer; strings.Contains(answer, "not_found") || strings.Contains(answer, "no member") || strings.Contains(answer, "unknown_node") {
					return nil
				}
			}
		}
	}
}

// ready waits until n is ready. It fails if n ends by itself or ctx does. Another fault may stop n
// in the meantime, and then starts it again.
func ready(ctx context.Context, n *nodes.Node) error {
	for {
		err := n.Ready(ctx)
		if err == nil {
			return nil
		}
		if why := n.Died(); why != "" {
			return errors.New(why)
		}
		if !wait(ctx, 100*time.Millisecond) {
			return fmt.Errorf("%s %w", n.Name, err)
		}
	}
}

// post returns the status and up to 4 KiB of the answer.
func post(ctx context.Context, to *nodes.Node, path, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+to.Direct()+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	to.Authorize(req)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b := make([]byte, 4096)
	k := 0
	for k < len(b) {
		m, err := resp.Body.Read(b[k:])
		if k += m; err != nil {
			break
		}
	}
	return resp.StatusCode, string(b[:k]), nil
}
