package dev

import (
	"context"
	"path/filepath"
	"time"

	"aion.dev/aion/transport/client"
)

// Loop deploys a project on every save and reports what happens.
type Loop struct {
	Dir     string         // the project's folder
	Skip    string         // a folder in it to ignore, such as the node's data; "" = none
	Client  *client.Client // of the node
	Tell    func(Event)    // called by one goroutine at a time
	Every   time.Duration  // interval between checks of files and runs; 0 = 200 ms
	Message string         // message of its deploys

	version      string            // the newest deployed one; "" = none
	trouble      string            // the problem that was last reported and still exists
	reportedLeft map[string]uint64 // reported numbers of runs on versions that are not routed
	runs         narrator
}

// Run runs until ctx ends, or the folder or the node can no longer be used.
func (l *Loop) Run(ctx context.Context) error {
	err := l.run(ctx)
	if ctx.Err() != nil {
		return ctx.Err() // whatever that interrupted
	}
	return err
}

func (l *Loop) run(ctx context.Context) error {
	if l.Every == 0 {
		l.Every = 200 * time.Millisecond
	}
	// Absolute, so that the notation of the two does not matter.
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
	l.reportedLeft = map[string]uint64{}
	if err := l.runs.begin(ctx, l); err != nil {
		return err
	}
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	var built, before files
	for {
		now, err := scanFolder(dir, skip)
		if err != nil {
			return err
		}
		// Somebody who saves several files has finished once two checks find no difference.
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
		if err := l.runs.reportChanges(ctx); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *Loop) report(e Event) {
	e.At = time.Now()
	l.Tell(e)
}
