package fsm

import (
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Fingerprints of the open runs of each type on each version, for gates. A run without turns is in
// none: there is nothing that it has asked for. They exist from level 2 on; the runs that there are
// when it is reached are taken up bit by bit, by TakeFingerprints.

// cohortOf is the runs of one fingerprint.
type cohortOf struct {
	typ     string
	version catalog.Version
}

// fingerprints are those that are stored, and their sums by type.
type fingerprints struct {
	of   map[cohortOf]rows.Fingerprint
	all  map[string]rows.Fingerprint
	done rows.FingerprintsDone
}

func newFingerprints() fingerprints {
	return fingerprints{of: map[cohortOf]rows.Fingerprint{}, all: map[string]rows.Fingerprint{}}
}

// load takes a row of the family.
func (f *fingerprints) load(k, b []byte) {
	if len(k) == 1 {
		f.done = rows.DecodeFingerprintsDone(b)
		return
	}
	at := len(k) - len(catalog.Version{})
	c := cohortOf{string(k[1 : at-1]), catalog.Version(k[at:])}
	f.of[c] = rows.DecodeFingerprint(b)
	f.all[c.typ] = f.all[c.typ].Plus(f.of[c])
}

// printed is how a run was taken into a fingerprint.
type printed struct {
	counts          bool // it is open and has turns
	version         catalog.Version
	turns, reopened uint64
}

func (r *row) printedNow() printed {
	if !r.Run.Status.Open() || r.Run.Turns == 0 {
		return printed{}
	}
	return printed{true, r.Run.Version, r.Run.Turns, uint64(len(r.Run.Reopened))}
}

// projectFingerprint takes r into the fingerprint that it belongs to now.
func (t *step) projectFingerprint(r *row) {
	was, is := r.printed, r.printedNow()
	if was == is {
		return
	}
	r.printed = is
	if t.level() < 2 || !t.s.prints.done.Have(r.Serial) {
		return
	}
	t.unprint(r, was)
	t.print(r, is)
}

func (t *step) print(r *row, p printed) {
	if p.counts {
		c, one := cohortOf{r.Run.Type, p.version}, rows.FingerprintOf(r.Run.RunID, p.turns, p.reopened)
		t.setFingerprint(c, t.s.prints.of[c].Plus(one), t.s.prints.all[c.typ].Plus(one))
	}
}

func (t *step) unprint(r *row, p printed) {
	if p.counts {
		c, one := cohortOf{r.Run.Type, p.version}, rows.FingerprintOf(r.Run.RunID, p.turns, p.reopened)
		t.setFingerprint(c, t.s.prints.of[c].Minus(one), t.s.prints.all[c.typ].Minus(one))
	}
}

func (t *step) setFingerprint(c cohortOf, of, all rows.Fingerprint) {
	t.s.prints.of[c], t.s.prints.all[c.typ] = of, all
	if !t.prints.changed[c] {
		t.prints.changed[c] = true
		t.prints.cohorts = append(t.prints.cohorts, c)
	}
}

// printChanges is which fingerprints an entry changed, in the order in which it did.
type printChanges struct {
	changed map[cohortOf]bool
	cohorts []cohortOf
}

func (c *printChanges) reset() {
	if c.changed == nil {
		c.changed = map[cohortOf]bool{}
	}
	clear(c.changed)
	c.cohorts = c.cohorts[:0]
}

// storeFingerprints writes them at the end of the entry. That of a version without open runs stays
// while the version is loaded, as pin counts do.
func (t *step) storeFingerprints() {
	for _, c := range t.prints.cohorts {
		if f, ok := t.s.prints.of[c]; ok {
			t.Put(rows.FingerprintKey(c.typ, c.version), f.Encode())
		}
	}
}

// forgetFingerprints drops those of a package that is being unloaded, of which no run is open.
func (t *step) forgetFingerprints(p *catalog.Package) {
	for i := range p.Members {
		c := cohortOf{p.Members[i].Type, p.Version}
		if _, ok := t.s.prints.of[c]; ok {
			delete(t.s.prints.of, c)
			t.Del(rows.FingerprintKey(c.typ, c.version))
		}
	}
}

// firstFingerprints begins with them at level 2: runs that there are already follow.
func (t *step) firstFingerprints() {
	t.s.prints.done = rows.FingerprintsDone{Until: t.meta.Serial}
	t.Put(rows.Key(rows.FamilyFingerprint), t.s.prints.done.Encode())
}

// TakeFingerprints takes the next open runs that there were when level 2 was reached into the
// fingerprints. The leader proposes it until all are.
type TakeFingerprints struct{}

// fingerprintsAtOnce is how many runs one command takes, of each status.
const fingerprintsAtOnce = 512

// Kind implements Command.
func (*TakeFingerprints) Kind() Kind { return KindTakeFingerprints }

func (c *TakeFingerprints) apply(t *step) (Answer, Refusal) {
	done := t.s.prints.done
	if t.level() < 2 || done.All() {
		return new(Done), nil
	}
	serials, through := t.openAfter(done.Done, done.Until)
	t.s.prints.done.Done = through
	t.Put(rows.Key(rows.FamilyFingerprint), t.s.prints.done.Encode())
	for _, serial := range serials {
		t.Charge(2)
		if r := t.startedBy(serial); r != nil { // it may have started in this entry
			t.print(r, r.printed)
		}
	}
	return new(Done), nil
}

// Fingerprint implements View.
func (p *picture) Fingerprint(typ string) (f rows.Fingerprint, known bool) {
	if p.Level() < 2 || p.FingerprintsWait() {
		return f, false
	}
	of := rows.FingerprintPrefix(typ)
	p.Scan(of, rows.After(of), func(_, b []byte) bool {
		f = f.Plus(rows.DecodeFingerprint(b))
		return true
	})
	return f, true
}

// FingerprintsWait implements View.
func (p *picture) FingerprintsWait() bool { return !p.prints.All() }

// openAfter returns the serials of open runs above after, in any order: as many as one command may
// take, and the serial through which these are all. It goes no further than until.
func (t *step) openAfter(after, until uint64) (serials []uint64, through uint64) {
	t.storePages()
	through = until
	for _, status := range [...]history.Status{history.StatusRunning, history.StatusPaused} {
		mine, n, more := rows.StatusPage(status, 0).Rows(), 0, true
		eachPage(t, mine, after+1, func(first, end []byte) bool {
			t.Scan(rows.Later(first, rows.StatusKey(status, after+1)), end, func(k, _ []byte) bool {
				serial := rows.U64(k[len(mine):])
				if more = serial <= through && n < fingerprintsAtOnce; more {
					serials = append(serials, serial)
					n++
				} else if serial <= through {
					through = serial - 1
				}
				return more
			})
			return more
		})
	}
	return slices.DeleteFunc(serials, func(s uint64) bool { return s > through }), through
}

// runOf returns the run of a serial, which was there when the entry began, and does not keep it.
func (t *step) runOf(serial uint64) *row {
	r := new(row)
	if !t.Read(rows.RunKey(serial), &r.RunRow) {
		return nil
	}
	if kept := t.s.rows.get(r.Run.RunID); kept != nil {
		return kept
	}
	r.printed = r.printedNow()
	return r
}
