package fsm

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// SetRetention sets the rule of a type, or takes it away. Without any rule runs are kept for ever.
// Refused: invalid_input, resource_exhausted (too many rules).
type SetRetention struct {
	Rule   rows.Retention `cbor:"1,keyasint"`
	Remove bool           `cbor:"2,keyasint,omitempty"` // the rule of all others applies again
}

// Bounds of rules.
const (
	MinRetention = history.Duration(time.Second)
	MaxRetention = history.Duration(100 * 365 * 24 * time.Hour)
	maxRules     = 1_000
)

// Kind implements Command.
func (*SetRetention) Kind() Kind { return KindSetRetention }

func (c *SetRetention) apply(t *step) (Answer, Refusal) {
	if bare := namespace.Bare(c.Rule.Type); len(bare) > catalog.MaxNameLength {
		return nil, &catalog.InvalidInput{Field: "type", Reason: fmt.Sprintf("has %d bytes, the limit is %d", len(bare), catalog.MaxNameLength)}
	}
	rules := t.s.rules
	at, known := rules.find(c.Rule.Type)
	if c.Remove {
		if known {
			t.Del(rows.TextKey(rows.FamilyRetention, c.Rule.Type))
			t.s.rules = slices.Delete(slices.Clone(rules), at, at+1)
		}
		return new(Done), nil
	}
	if age := c.Rule.Age; age != 0 && (age < MinRetention || age > MaxRetention) {
		return nil, &catalog.InvalidInput{Field: "age", Reason: fmt.Sprintf("is %s; 0s (for ever) and %s to %s are allowed", age, MinRetention, MaxRetention)}
	}
	if !known && len(rules) == maxRules {
		return nil, &ResourceExhausted{What: "retention rules", Limit: maxRules}
	}
	t.Put(rows.TextKey(rows.FamilyRetention, c.Rule.Type), rows.Encoded(c.Rule))
	t.s.rules = slices.Clone(rules)
	if !known {
		t.s.rules = slices.Insert(t.s.rules, at, c.Rule)
	}
	t.s.rules[at] = c.Rule
	return new(Done), nil
}

// rules are all rules by type, that of all others first. They are few and read with every run that
// is deleted, so they are in memory; pictures share them, so they are never changed in place.
type rules []rows.Retention

func (r rules) find(typ string) (int, bool) {
	return slices.BinarySearchFunc(r, typ, func(rule rows.Retention, typ string) int { return strings.Compare(rule.Type, typ) })
}

// age is how long closed runs of a type are kept; 0 = for ever.
func (r rules) age(typ string) history.Duration {
	for _, name := range []string{typ, namespace.Qualify(namespace.Of(typ), "")} {
		if at, ok := r.find(name); ok {
			return r[at].Age
		}
	}
	return 0
}

// expired reports whether r is closed and its type's rule no longer keeps it.
func (r rules) expired(run *rows.Run, now history.Time) bool {
	age := r.age(run.Type)
	return !run.Status.Open() && age != 0 && rows.Due(run.ClosedAt, age) <= now
}

// Retention implements View.
func (p *picture) Retention() (list []rows.Retention) {
	for _, s := range p.spans() {
		from, _ := p.rules.find(s.first)
		end := len(p.rules)
		if s.end != "" {
			end, _ = p.rules.find(s.end)
		}
		list = append(list, p.rules[from:end]...)
	}
	return list
}

// expiry is when the first closed run of a type expires.
type expiry struct {
	typ string
	age history.Duration
	at  history.Time
}

// expiries are those of all types whose closed runs expire, the earliest first.
func (p *picture) expiries() (list []expiry) {
	if len(p.rules) == 0 {
		return nil
	}
	for _, typ := range p.types() {
		age := p.rules.age(typ)
		if age == 0 {
			continue
		}
		p.eachClosed(typ, 0, maxTime, func(at history.Time, _ uint64, _ history.RunID) bool {
			list = append(list, expiry{typ, age, rows.Due(at, age)})
			return false
		})
	}
	slices.SortStableFunc(list, func(a, b expiry) int { return cmp.Compare(a.at, b.at) })
	return list
}

const maxTime = history.Time(1<<63 - 1)

// ExpiredRuns implements View. The type whose oldest run has been due for longest comes first, so
// that no type waits for ever behind another.
func (p *picture) ExpiredRuns(now history.Time, limit int) (ids []history.RunID) {
	tasks, err := p.snap.Iter(rows.Key(rows.FamilyTask), rows.Key(rows.FamilyTask+1))
	if err != nil {
		p.s.fail(err)
		return nil
	}
	defer func() { p.s.fail(errors.Join(tasks.Error(), tasks.Close())) }()
	for _, e := range p.expiries() {
		if e.at > now {
			break
		}
		looked, passed := 0, false
		p.eachClosed(e.typ, 0, now-history.Time(e.age)+1, func(_ history.Time, serial uint64, id history.RunID) bool {
			if p.meta.Jobs > 0 && p.waits(serial) {
				passed = true
				return true
			}
			switch {
			case tasks.SeekIn(rows.NumberKey(rows.FamilyTask, serial), rows.NumberKey(rows.FamilyTask, serial+1)): // a worker is still to be told
				passed = true
			case !passed || !p.after(serial, ids): // what a run goes on from stands before it, unless that was passed over
				ids = append(ids, id)
			}
			looked++
			return len(ids) < pageSize(limit) && looked < maxRows
		})
		if len(ids) == pageSize(limit) {
			break
		}
	}
	return ids
}

// after reports whether a run took signals over from one that is still there and is not among ids.
func (p *picture) after(serial uint64, ids []history.RunID) bool {
	r := p.runAt(serial)
	if r == nil || r.Carried.From.IsZero() || slices.Contains(ids, r.Carried.From) {
		return false
	}
	_, there := p.serial(r.Carried.From)
	return there
}

// NextExpiry implements View.
func (p *picture) NextExpiry() (history.Time, bool) {
	list := p.expiries()
	if len(list) == 0 {
		return 0, false
	}
	return list[0].at, true
}
