package engine

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// Pins lists what pins one version.
type Pins struct {
	Version     catalog.Version
	RouteActive bool // of any member
	Counts      rows.PinCounts
	Holders     []fsm.PinHolder
	Next        string // cursor of the next page; "" = no more
	Index       uint64
}

// Pins counts the pins of the version of typ that ref names, and lists one page of their holders.
func (e *Engine) Pins(ctx context.Context, rd Read, typ, ref string, limit int, cursor string) (*Pins, error) {
	limit, err := checkPage(limit)
	if err != nil {
		return nil, err
	}
	if err := fsm.CheckPinCursor(cursor); err != nil {
		return nil, err
	}
	p := &Pins{}
	readErr := e.read(ctx, rd, func(v fsm.View) {
		p.Index = v.Index()
		if p.Version, err = v.Catalog().FindFor(typ, ref); err != nil {
			return
		}
		p.RouteActive = len(v.Catalog().RoutesTo(p.Version)) > 0
		p.Counts = v.Pins(p.Version)
		p.Holders, p.Next = v.PinHolders(p.Version, limit, cursor)
	})
	if readErr != nil {
		return nil, readErr
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}
