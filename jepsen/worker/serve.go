package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"aion.dev/aion/transport/client"
	sdk "aion.dev/aion/transport/worker"
)

// serve is the whole life of a worker process.
func serve(in io.Reader) error {
	d := json.NewDecoder(in)
	var cfg Config
	if err := d.Decode(&cfg); err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	go func() { // whoever started this is gone
		io.Copy(io.Discard, in)
		os.Exit(1)
	}()
	l, err := openLedger(cfg.Ledger, cfg.Name)
	if err != nil {
		return err
	}
	if cfg.SDK {
		return serveSDK(ctx, cfg, l)
	}
	w := &worker{cfg: cfg, ledger: l}
	for _, address := range cfg.Nodes {
		c, err := client.New(client.Config{Addresses: []string{address}, Patience: -1, Actor: cfg.Name, Face: cfg.Face})
		if err != nil {
			return err
		}
		w.clients = append(w.clients, c)
	}
	return w.run(ctx)
}

// serveSDK carries out the activities as users do.
func serveSDK(ctx context.Context, cfg Config, l *ledger) error {
	c, err := client.New(client.Config{Addresses: cfg.Nodes, Face: cfg.Face})
	if err != nil {
		return err
	}
	defer c.Close()
	w := sdk.New(sdk.Config{
		Client: c, Queue: cfg.Queue, ID: cfg.Name, Concurrency: cfg.Slots, Lease: cfg.Lease, Wait: 5 * time.Second, Drain: 2 * time.Second,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	for _, activity := range cfg.Activities {
		w.Handle(activity, func(ctx context.Context, t sdk.Task) (any, error) {
			line := Line{Workflow: t.WorkflowID, Run: t.RunID, Step: t.ActivityID, Attempt: t.Attempt}
			var order Order
			if err := t.Input(&order); err != nil {
				return nil, err
			}
			line.E = Took
			if err := l.write(line); err != nil {
				return nil, err
			}
			if !work(ctx, order.Work) {
				line.E, line.Code = Left, context.Cause(ctx).Error()
				l.write(line)
				return nil, ctx.Err()
			}
			line.E = Effect
			if order.Of(t.Attempt) == Fail {
				line.Failed = true
				if err := l.write(line); err != nil {
					return nil, err
				}
				return nil, fmt.Errorf("attempt %d fails as ordered", t.Attempt)
			}
			out := Output{Run: t.RunID, Step: t.ActivityID, Attempt: t.Attempt, Tag: order.Tag, Worker: cfg.Name, Pid: os.Getpid()}
			line.Value, _ = json.Marshal(out)
			return out, l.write(line)
		})
	}
	return w.Run(ctx)
}

// work takes its time; false when ctx ended first.
func work(ctx context.Context, milliseconds int) bool {
	t := time.NewTimer(time.Duration(milliseconds) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
