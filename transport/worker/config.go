package worker

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Config says where a worker gets tasks, and how many it carries out at a time. The zero value
// serves the queue "default" of the node at client.DefaultAddress.
type Config struct {
	Client    *client.Client // used for all calls, and left open; nil = a new one, made from Addresses and Token
	Addresses []string       // of any nodes, as in client.Config. Not with Client
	Token     string         // sent as bearer token. Not with Client
	Namespace string         // whose queue it serves, as in client.Config. Not with Client

	Queue       string        // where tasks come from; empty = "default". For several queues, run several workers, which may share a Client
	ID          string        // the worker's name, for people; empty = host name, process id and a random part
	Version     string        // of the handlers' code, for people: queue describe shows it. Clusters of builds before it refuse it
	Concurrency int           // concurrent handlers, at most 10,000; 0 = 100
	Lease       time.Duration // silence after which a task is given to another worker, unless the activity's own heartbeat is shorter; at least 1 s, 0 = 30 s
	Wait        time.Duration // how long a poll waits for tasks, at most wire.MaxWait; 0 = 30 s
	Drain       time.Duration // how long handlers may go on after Run was told to end; 0 = 30 s, negative = they are stopped at once
	Logger      *slog.Logger  // nil = slog.Default()
}

const (
	maxConcurrency = 10_000
	minLease       = time.Second
)

// withDefaults fills in defaults for zero fields.
func (c Config) withDefaults() Config {
	c.Queue = cmp.Or(c.Queue, "default")
	c.Concurrency = cmp.Or(c.Concurrency, 100)
	c.Lease = cmp.Or(c.Lease, 30*time.Second)
	c.Wait = cmp.Or(c.Wait, 30*time.Second)
	c.Drain = max(cmp.Or(c.Drain, 30*time.Second), 0)
	if c.ID == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "worker"
		}
		c.ID = fmt.Sprintf("%s-%d-%s", clip(host, 100), os.Getpid(), strings.ToLower(rand.Text()[:6]))
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = c.Logger.With("worker", c.ID, "queue", c.Queue)
	return c
}

// check rejects a Config that cannot work, naming the field. Run reports what a node refuses in
// addition.
func (c Config) check() error {
	switch {
	case c.Client != nil && (len(c.Addresses) > 0 || c.Token != ""):
		return fmt.Errorf("worker: Config has a Client, so its Addresses and Token have no effect: give one or the other")
	case c.Concurrency < 1 || c.Concurrency > maxConcurrency:
		return fmt.Errorf("worker: Concurrency is %d, it must be between 1 and %d", c.Concurrency, maxConcurrency)
	case c.Lease < minLease:
		return fmt.Errorf("worker: Lease is %s, it must be at least %s", c.Lease, minLease)
	case c.Wait < 0 || c.Wait > wire.MaxWait:
		return fmt.Errorf("worker: Wait is %s, it must be between 0 and %s", c.Wait, wire.MaxWait)
	}
	return nil
}
