package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
)

// Deploys lists one page of the deploy history, newest first. It returns the next page's cursor (""
// = no more) and the index of the read.
func (e *Engine) Deploys(ctx context.Context, rd Read, typ string, limit int, cursor string) ([]rows.DeployRecord, string, uint64, error) {
	limit, err := checkPage(limit)
	if err != nil {
		return nil, "", 0, err
	}
	if typ != "" {
		if err := checkType("type", typ); err != nil {
			return nil, "", 0, err
		}
	}
	before, err := parseDeployCursor(cursor)
	if err != nil {
		return nil, "", 0, err
	}
	var records []rows.DeployRecord
	var next fsm.DeployCursor
	var index uint64
	err = e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		records, next = v.Deploys(typ, limit, before)
	})
	if err != nil || next == (fsm.DeployCursor{}) {
		return records, "", index, err
	}
	return records, fmt.Sprintf("%d.%d", next.Index, next.N), index, nil
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
