package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	clock := func(name, what string, f Func) {
		register(Kind{Name: name, Family: "clock", What: what, Min: time.Second, Max: 8 * time.Second, Tagged: true, Fault: f})
	}
	clock("clock-offset", "one node's wall clock is up to an hour off", offset(anyOne))
	clock("clock-offset-leader", "the leader's wall clock is up to an hour off", offset(theLeader))
	clock("clock-offset-all", "every node's wall clock is off, each differently", offset(everyone))
	clock("clock-rate", "one node's clocks run at 0.5 to 2 times their speed", rate(anyOne))
	clock("clock-rate-leader", "the leader's clocks run at 0.5 to 2 times their speed", rate(theLeader))
	clock("clock-boot", "one node starts with a clock that is seconds to years off, and is asked to lead", Func(wrongBoot))
	clock("clock-steps", "a majority's wall clocks step back and forth every 200 ms", Func(steps))
}

// upToAnHour draws an offset, usually a small one, as in practice.
func upToAnHour(r *rand.Rand) time.Duration {
	d := []time.Duration{400 * time.Millisecond, 4 * time.Second, time.Minute, time.Hour}[r.IntN(4)]
	return (time.Duration(r.Int64N(int64(2*d))) - d).Round(time.Millisecond)
}

func offset(who choice) Func {
	return clocks(who, func(c *control, r *rand.Rand) string {
		c.Offset = upToAnHour(r)
		return c.Offset.String()
	})
}

func rate(who choice) Func {
	return clocks(who, func(c *control, r *rand.Rand) string {
		c.Rate = 0.5 + 1.5*r.Float64()
		return fmt.Sprintf("rate %.2f", c.Rate)
	})
}

// wrongBoot starts a node with a wrong clock and asks the leader to transfer leadership to it,
// which the leader must refuse. Some clocks are behind.
func wrongBoot(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	n := anyOne(ctx, c, r)[0]
	off := []time.Duration{20 * time.Second, time.Hour, 25 * time.Hour, 2 * 365 * 24 * time.Hour}[r.IntN(4)]
	if r.IntN(4) == 0 {
		off = -off
	}
	n.Kill()
	err := errors.Join(setControl(n, func(c *control) { c.Offset = off }), n.Start())
	ctx, stop := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for wait(ctx, time.Second) {
			askTransfer(ctx, anyOne(ctx, c, r)[0], n)
		}
	}()
	return fmt.Sprintf("%s starts with a clock %v off", n.Name, off), func(context.Context) error {
		stop()
		<-over
		return health([]*nodes.Node{n})
	}, err
}

func clocks(who choice, lie func(*control, *rand.Rand) string) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		chosen, did := who(ctx, c, r), "clocks:"
		var errs []error
		for _, n := range chosen {
			errs = append(errs, setControl(n, func(c *control) { did += " " + n.Name + " " + lie(c, r) }))
		}
		return did, func(context.Context) error { return health(chosen) }, errors.Join(errs...)
	}
}

// health resets the clocks.
func health(list []*nodes.Node) error {
	var errs []error
	for _, n := range list {
		errs = append(errs, setControl(n, func(c *control) { c.Offset, c.Rate = 0, 0 }))
	}
	return errors.Join(errs...)
}

func steps(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	ctx, stop := context.WithCancel(ctx)
	chosen, over := aMajority(ctx, c, r), make(chan error, 1)
	go func() {
		var errs []error
		for wait(ctx, 200*time.Millisecond) {
			for _, n := range chosen {
				errs = append(errs, setControl(n, func(c *control) { c.Offset = upToAnHour(r) }))
			}
		}
		over <- errors.Join(errs...)
	}()
	return "clocks of " + names(chosen) + " step every 200 ms", func(context.Context) error {
		stop()
		return errors.Join(<-over, health(chosen))
	}, nil
}
