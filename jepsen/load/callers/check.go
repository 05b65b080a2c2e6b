package callers

import (
	"fmt"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
)

// life is when a token was made and revoked, as far as callers were told.
type life struct {
	made    int64 // return of the first answer that says that it was; 0 = nobody was told
	revoked int64 // likewise
	ending  int64 // invocation of the first try to revoke it; 0 = nobody tried
}

// Check compares each use of a token with what its users had been told before they began.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: name, What: fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	lives := map[string]*life{}
	of := func(token string) *life {
		if lives[token] == nil {
			lives[token] = &life{}
		}
		return lives[token]
	}
	first := func(at *int64, when int64) {
		if *at == 0 || when < *at {
			*at = when
		}
	}
	for _, o := range ops {
		if o.Workload != name {
			continue
		}
		l := of(o.Key)
		switch {
		case o.F == "create" && o.Outcome == op.OK:
			first(&l.made, o.Return)
		case o.F == "create" && o.Outcome == op.Refused, o.F == "revoke" && o.Outcome == op.Refused:
			bad(o, "%s of token %s was refused with %s", o.F, o.Key, o.Code)
		case o.F == "revoke":
			first(&l.ending, o.Invoke)
			if o.Outcome == op.OK {
				first(&l.revoked, o.Return)
			}
		}
	}
	for _, o := range ops {
		switch {
		case o.Workload != name:
		case o.F == "overdue" && o.Outcome == op.OK:
			bad(o, "a call through %s succeeded with a JWT that had expired long before", o.Node)
		case o.F == "forged" && o.Outcome == op.OK:
			bad(o, "a call through %s succeeded with a JWT that a stranger has signed", o.Node)
		case (o.F == "overdue" || o.F == "forged") && o.Outcome == op.Refused && o.Code != "unauthenticated", o.F == "vouched" && o.Outcome == op.Refused:
			bad(o, "a call (%s) through %s with a JWT was refused with %s", o.F, o.Node, o.Code)
		}
		if o.Workload != name || o.F != "limit" && o.F != "look" {
			continue
		}
		l := of(o.Key)
		switch {
		case o.Outcome == op.OK && l.revoked != 0 && o.Invoke > l.revoked:
			bad(o, "%s through %s succeeded with token %s, %.1f ms after it was answered that it is revoked", o.F, o.Node, o.Key, float64(o.Invoke-l.revoked)/1e6)
		case o.Outcome == op.Refused && o.Code != "unauthenticated":
			bad(o, "%s through %s with token %s was refused with %s: it has the grants for it", o.F, o.Node, o.Key, o.Code)
		case o.Outcome == op.Refused && l.made != 0 && o.Invoke > l.made && (l.ending == 0 || o.Return < l.ending):
			bad(o, "%s through %s was told that token %s is unknown, %.1f ms after it was answered that it is made", o.F, o.Node, o.Key, float64(o.Invoke-l.made)/1e6)
		}
	}
	return found
}
