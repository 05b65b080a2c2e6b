package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/transport/wire"
)

// scaleStarts is for how long runs are started one after another.
const scaleStarts = 3 * time.Second

// startIdle starts runs that do nothing, one after another.
func startIdle(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
	t := &tally{}
	began := time.Now()
	for time.Since(began) < scaleStarts && ctx.Err() == nil {
		t.call(ctx, func(ctx context.Context) error {
			_, err := m.client.Start(ctx, m.closedRun(0))
			return err
		}, began)
	}
	return []*tally{t}, ctx.Err()
}

// calls makes a call Settings.Calls times, one after another, and once before, which is not
// counted.
func (m *scaling) calls(ctx context.Context, op operation) ([]*tally, error) {
	if err := op(ctx); err != nil {
		return nil, err
	}
	t := &tally{}
	began := time.Now()
	for range m.Settings.Calls {
		t.call(ctx, op, began)
	}
	return []*tally{t}, ctx.Err()
}

type narrowed func(*wire.RunFilter)

func ofType(f *wire.RunFilter) { f.Type, f.Status = typeAsleep, "running" }

func ofLot(f *wire.RunFilter) { f.Attributes = []string{"lot=0"} }

// pageOfList is how long the listed pages are.
const pageOfList = 100

// listFirst lists the first page.
func listFirst(narrow narrowed) func(context.Context, *scaling, *ScalePoint) ([]*tally, error) {
	return func(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
		return m.calls(ctx, func(ctx context.Context) error {
			_, err := m.page(ctx, narrow, wire.Page{Limit: pageOfList})
			return err
		})
	}
}

// deepest is behind how many runs a deep page is.
const deepest = 100_000

// listDeep lists a page in the middle.
func listDeep(narrow narrowed) func(context.Context, *scaling, *ScalePoint) ([]*tally, error) {
	return func(ctx context.Context, m *scaling, p *ScalePoint) ([]*tally, error) {
		half := int(p.Open+p.Closed) / 2
		if narrow != nil {
			half = int(p.Open) / 4 // half of those of the type
		}
		cursor := ""
		for left := min(half, deepest); left > 0; {
			page, err := m.page(ctx, narrow, wire.Page{Limit: min(left, wire.MaxPage), Cursor: cursor})
			if err != nil {
				return nil, err
			}
			if page.NextCursor == "" {
				return nil, fmt.Errorf("the listing ends with %d more to come", left)
			}
			cursor, left = page.NextCursor, left-len(page.Workflows)
		}
		return m.calls(ctx, func(ctx context.Context) error {
			_, err := m.page(ctx, narrow, wire.Page{Limit: pageOfList, Cursor: cursor})
			return err
		})
	}
}

func (m *scaling) page(ctx context.Context, narrow narrowed, page wire.Page) (*wire.Runs, error) {
	f := wire.RunFilter{}
	if narrow != nil {
		narrow(&f)
	}
	return m.client.List(ctx, f, page)
}

func countAll(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
	return m.calls(ctx, func(ctx context.Context) error {
		_, _, err := m.counted(ctx)
		return err
	})
}

// describeOpen describes one open run after another, all of one lot.
func describeOpen(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
	page, err := m.page(ctx, ofLot, wire.Page{Limit: m.Settings.Calls})
	if err != nil {
		return nil, err
	}
	if len(page.Workflows) == 0 {
		return nil, errors.New("no run is open")
	}
	i := 0
	return m.calls(ctx, func(ctx context.Context) error {
		r := page.Workflows[i%len(page.Workflows)]
		i++
		_, err := m.client.Describe(ctx, wire.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID})
		return err
	})
}

func pinsFirst(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
	return m.calls(ctx, func(ctx context.Context) error {
		p, err := m.client.Pins(ctx, typeParked, m.version, wire.Page{Limit: pageOfList})
		if err == nil && p.Total == 0 {
			return errors.New("nothing pins the version")
		}
		return err
	})
}

// unloadRefused asks for what is pinned. To be refused is success.
func unloadRefused(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
	return m.calls(ctx, func(ctx context.Context) error {
		_, err := m.client.Unload(ctx, typeParked, m.version, "aion-node bench scale")
		var p *wire.Problem
		if errors.As(err, &p) && p.Code == "version_pinned" {
			return nil
		}
		if err == nil {
			return errors.New("a version was unloaded that runs pin")
		}
		return err
	})
}
