package idempotency

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
)

// requested is everything that was asked under one request id.
type requested struct {
	tries  []op.Op // attempts of one request, in order of invocation
	others []op.Op // other requests under the same id
	answer *op.Op  // the first attempt with the logged outcome; nil = no caller got one
}

// happened reports whether the change was made, refused whether nothing happened. If both are
// false, nobody knows.
func (c *requested) happened() bool { return c.answer != nil && c.answer.Outcome == op.OK }
func (c *requested) refused() bool {
	return c.answer != nil && c.answer.Outcome == op.Refused || !slices.ContainsFunc(c.tries, func(o op.Op) bool { return o.Outcome != op.Failed })
}

type checker struct {
	cases map[string]*requested
	found []load.Violation
}

// Check compares all answers under one request id with each other, and with the effects.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	c := &checker{cases: map[string]*requested{}}
	var reads []op.Op
	for _, o := range ops {
		if o.Workload != "idempotency" {
			continue
		}
		if o.Request == "" {
			reads = append(reads, o)
			continue
		}
		var ask arguments
		json.Unmarshal(o.Value, &ask)
		one := c.cases[o.Request]
		if one == nil {
			one = &requested{}
			c.cases[o.Request] = one
		}
		if ask.Other {
			one.others = append(one.others, o)
		} else {
			one.tries = append(one.tries, o)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.cases)) {
		c.checkCase(id, c.cases[id])
	}
	c.checkDeploys(reads)
	c.checkRuns(reads)
	c.checkState(reads)
	return c.found
}

func (c *checker) bad(o *op.Op, format string, args ...any) {
	v := load.Violation{Checker: "idempotency", What: fmt.Sprintf(format, args...)}
	if o != nil {
		v.Ops = []int{o.ID}
	}
	c.found = append(c.found, v)
}

// checkCase requires a single answer.
func (c *checker) checkCase(id string, one *requested) {
	var first *op.Op // whose answer is not marked as a repetition
	told := int64(1 << 62)
	for i := range one.tries {
		o := &one.tries[i]
		if !logged(o) {
			continue
		}
		told = min(told, o.Return)
		if o.Code == "request_mismatch" {
			c.bad(o, "%s %s: the same request was refused as another one", o.F, id)
			continue
		}
		if one.answer == nil {
			one.answer = o
		} else if !sameAnswer(o, one.answer) {
			c.bad(o, "%s %s was answered %s, and then %s", o.F, id, shown(one.answer), shown(o))
		}
		if !o.Replayed && first != nil {
			c.bad(o, "%s %s: two answers say that they are the first one, %s and %s", o.F, id, shown(first), shown(o))
		}
		if !o.Replayed {
			first = o
		}
	}
	for _, o := range one.tries {
		if o.Outcome == op.Refused && o.Index == 0 && o.Invoke > told {
			c.bad(&o, "%s %s was answered %s, and refused before the log afterwards: %s", o.F, id, shown(one.answer), o.Error)
		}
	}
	for _, o := range one.others {
		if o.Invoke > told && (o.Outcome == op.OK || o.Outcome == op.Refused && o.Code != "request_mismatch") {
			c.bad(&o, "%s %s was answered %s; with another body it was answered %s", o.F, id, shown(one.answer), shown(&o))
		}
	}
}

func shown(o *op.Op) string {
	return fmt.Sprintf("%s%s at index %d %.300s", o.Outcome, o.Code, o.Index, o.Answer)
}

// sameAnswer compares answers except for the mark of a repetition.
func sameAnswer(a, b *op.Op) bool {
	if a.Outcome != b.Outcome || a.Code != b.Code || a.Index != b.Index {
		return false
	}
	var x, y map[string]any
	if json.Unmarshal(a.Answer, &x) != nil || json.Unmarshal(b.Answer, &y) != nil {
		return string(a.Answer) == string(b.Answer)
	}
	delete(x, "deduplicated")
	delete(y, "deduplicated")
	return reflect.DeepEqual(x, y)
}
