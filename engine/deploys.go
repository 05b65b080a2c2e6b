package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
)

// DeployPage is a page of the deploy history.
type DeployPage struct {
	Records []rows.DeployRecord // newest first
	Next    string              // cursor of the next page; "" = no more
	Chain   catalog.Digest      // of the newest act of all; zero = it has none
	Index   uint64              // of the read
}

// Deploys lists one page of the deploy history, newest first.
func (e *Engine) Deploys(ctx context.Context, rd Read, typ string, limit int, cursor string) (*DeployPage, error) {
	limit, err := checkPage(limit)
	if err != nil {
		return nil, err
	}
	if typ != "" {
		if err := checkType("type", typ); err != nil {
			return nil, err
		}
	}
	before, err := parseDeployCursor(cursor)
	if err != nil {
		return nil, err
	}
	var p DeployPage
	err = e.read(ctx, rd, func(v fsm.View) {
		var next fsm.DeployCursor
		p.Index, p.Chain = v.Index(), v.DeployChain()
		if p.Records, next = v.Deploys(typ, limit, before); next != (fsm.DeployCursor{}) {
			p.Next = fmt.Sprintf("%d.%d", next.Index, next.N)
		}
	})
	return &p, err
}

func parseDeployCursor(s string) (c fsm.DeployCursor, err error) {
	if s == "" {
		return c, nil
	}
	index, n, ok := strings.Cut(s, ".")
	c.Index, err = strconv.ParseUint(index, 10, 64)
	n32, nErr := strconv.ParseUint(n, 10, 32)
	if c.N = uint32(n32); !ok || err != nil || nErr != nil || c.Index == 0 {
		return c, invalid("cursor", "%q was not given out by this listing", clip.Short(s))
	}
	return c, nil
}
