package signatures

import (
	"fmt"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
)

// life is what callers were told of a key and of the rule that names it.
type life struct {
	required int64 // return of the first answer that says so; 0 = nobody was told
	revoked  int64 // likewise
	ending   int64 // invocation of the first try to revoke it; 0 = nobody tried
}

// Check compares each package that came with what callers had been told before it was sent.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: name, What: fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	lives := map[string]*life{}
	of := func(key string) *life {
		if lives[key] == nil {
			lives[key] = &life{}
		}
		return lives[key]
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
		switch o.F {
		case "trust", "require", "revoke":
			if o.Outcome == op.Refused {
				bad(o, "%s of %s was refused with %s", o.F, o.Key, o.Code)
			}
		}
		switch {
		case o.F == "require" && o.Outcome == op.OK:
			first(&l.required, o.Return)
		case o.F == "revoke":
			first(&l.ending, o.Invoke)
			if o.Outcome == op.OK {
				first(&l.revoked, o.Return)
			}
		}
	}
	after := func(at int64, o op.Op) bool { return at != 0 && o.Invoke > at }
	for _, o := range ops {
		if o.Workload != name {
			continue
		}
		l, let, refused := of(o.Key), o.Outcome == op.OK, o.Outcome == op.Refused
		switch o.F {
		case "plain":
			if let && after(l.required, o) {
				bad(o, "an unsigned package of type %s came in through %s, %.1f ms after it was answered that it has to be signed", o.Key, o.Node, float64(o.Invoke-l.required)/1e6)
			}
		case "forged":
			if let {
				bad(o, "a package of type %s came in through %s with a signature of something else", o.Key, o.Node)
			}
			if refused && o.Code != "signature_invalid" {
				bad(o, "a signature of something else was refused with %s", o.Code)
			}
			continue
		case "signed":
			if let && after(l.revoked, o) {
				bad(o, "a package of type %s came in through %s, %.1f ms after it was answered that its key is revoked", o.Key, o.Node, float64(o.Invoke-l.revoked)/1e6)
			}
			if refused && after(l.required, o) && (l.ending == 0 || o.Return < l.ending) {
				bad(o, "a package of type %s was refused with %s though its key is trusted", o.Key, o.Code)
			}
		default:
			continue
		}
		if refused && o.Code != "signature_required" {
			bad(o, "%s of type %s was refused with %s", o.F, o.Key, o.Code)
		}
	}
	return found
}
