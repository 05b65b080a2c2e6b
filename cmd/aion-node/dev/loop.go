package dev

import (
	"context"
	"path/filepath"
	"time"

	"aion.dev/aion/transport/client"
)

// Loop deploys a project on every save and tells what happens.
type Loop struct {
	Dir     string         // the project's folder
	Skip    string         // a folder in it that is not looked at, such as the node's data; "" = none
	Client  *client.Client // of the node
	Tell    func(Event)    // called by one goroutine at a time
	Every   time.Duration  // between two looks at files and runs; 0 = 200 ms
	Message string         // of its deploys

	version string            // newest that was deployed; "" = none
	trouble string            // the problem that was told last, and still holds
	left    map[string]uint64 // runs on versions that are not routed, as told
	runs    narrator
}

// Run runs until ctx ends, or the folder or the node cannot be used any more.
func (l *Loop) Run(ctx context.Context) error {
	err := l.run(ctx)
	if ctx.Err() != nil {
		return ctx.Err() // whatever it interrupted
	}
	return err
}

func (l *Loop) run(ctx context.Context) error {
	if l.Every == 0 {
		l.Every = 200 * time.Millisecond
	}
	// Absolute, so that it does not matter how the two were written.
	dir, err := filepath.Abs(l.Dir)
	if err != nil {
		return err
	}
	skip := ""
	if l.Skip != "" {
		if skip, err = filepath.Abs(l.Skip); err != nil {
			return err
		}
	}
	l.left = map[string]uint64{}
	if err := l.runs.begin(ctx, l); err != nil {
		return err
	}
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	var built, before files
	for {
		now, err := look(dir, skip)
		if err != nil {
			return err
		}
		// Whoever saves several files is done when nothing has changed between two looks.
		if !now.same(built) && (built == nil || now.same(before)) {
			again, err := l.deploy(ctx)
			if err != nil {
				return err
			}
			if built = now; again {
				built = nil
			}
		}
		before = now
		if err := l.runs.look(ctx); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *Loop) tell(e Event) {
	e.At = time.Now()
	l.Tell(e)
}
