// Command go is a worker for the activities of all examples.
//
//	go run ./docs/examples/workers/go --addr 127.0.0.1:7600
//
// It decides nothing about the workflows: it reserves, charges and notifies when it is told to. The
// systems behind are pretended; what an activity does there is a line in the ledger (--ledger FILE,
// appended), so that a test can see each effect. It never does more than the line says.
//
// Begin with activities.go.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"aion.dev/aion/transport/worker"
)

func main() {
	addr := flag.String("addr", cmp.Or(os.Getenv("AION_ADDR"), "127.0.0.1:7600"), "nodes, `HOST:PORT` separated by commas")
	queue := flag.String("queue", "default", "the queue to serve")
	id := flag.String("id", fmt.Sprintf("go-%d", os.Getpid()), "the worker's name, for people")
	concurrency := flag.Int("concurrency", 20, "activities that run at a time")
	lease := flag.Duration("lease", 30*time.Second, "a silence after which another worker takes over")
	drain := flag.Duration("drain", 30*time.Second, "how long activities may go on after SIGTERM")
	pace := flag.Duration("pace", 200*time.Millisecond, "how long a piece of pretended work takes")
	path := flag.String("ledger", "", "append each effect to this `FILE`")
	flag.Parse()

	ledger, err := openLedger(*path, *id)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w := worker.New(worker.Config{
		Addresses: strings.Split(*addr, ","), Token: os.Getenv("AION_TOKEN"), Queue: *queue, ID: *id, Concurrency: *concurrency, Lease: *lease, Drain: *drain,
	})
	for name, do := range activities {
		w.Handle(name, (&job{name: name, do: do, pace: *pace, ledger: ledger}).run)
	}
	if err := w.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
