package engine

import (
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// A turn follows from a command: a start, an outcome, a signal, a timer. The leader can make the
// turn before it proposes the command, on what the command will append if it is carried out, and
// propose both in one entry. So a step of a run costs one commit instead of two. The state machine
// records the turn only if exactly that happened (fsm.Foresight); otherwise the turn changes
// nothing, and the run is visited as ever.
//
// It never waits: a turn is made ahead only if a place to compute is free, the run is not being
// visited, and the run's execution is parked or begins with this turn. The command that turns hold
// up must not be late: all of them take no longer than Limits.Foresight, and one of them no longer
// than half of it.

// ahead is a turn that was made before the command that it follows from was proposed.
type ahead struct {
	v     *visit
	at    rows.Run
	step  *replay.Step
	turn  *fsm.RecordTurn
	began time.Time
}

// outcomes collects what a command appends to runs, in order.
type outcomes struct {
	runs   []history.RunID
	events map[history.RunID][]history.Data
}

func (o *outcomes) add(id history.RunID, data history.Data) {
	if o.events == nil {
		o.events = make(map[history.RunID][]history.Data)
	}
	if o.events[id] == nil {
		o.runs = append(o.runs, id)
	}
	o.events[id] = append(o.events[id], data)
}

// foresee makes the turn of each run, as far as that can be done at once.
func (o *outcomes) foresee(c *convoy) {
	for _, id := range o.runs {
		if c.full() {
			return
		}
		c.add(c.d.foreseeNews(id, o.events[id]...), 0)
	}
}

// together reports whether commands may be proposed together now.
func (d *driver) together() bool {
	log, ok := d.e.cfg.Log.(Together)
	return ok && d.e.limits.Foresight > 0 && log.Alike()
}

// enter reports whether turns may still be made ahead in this term. If so the caller must call
// leave, once what it made is settled.
func (d *driver) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.entered.Add(1)
	return true
}

func (d *driver) leave() { d.entered.Done() }

// close waits for what was made ahead. Call it once the term has ended.
func (d *driver) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.entered.Wait()
}

// foreseeStart makes the first turn of the run that cmd starts, on the version that it would get
// now; nil if that cannot be done at once.
func (d *driver) foreseeStart(cmd *fsm.StartRun, to startsOn) *ahead {
	pkg, member := to.pkg, to.member
	if member == nil || cmd.Options != nil {
		return nil
	}
	timeout := cmd.Timeout
	if timeout == 0 {
		timeout = history.Duration(member.Timeout)
	}
	return d.foreseeFirst(&history.WorkflowStarted{
		WorkflowID: cmd.WorkflowID, RunID: cmd.RunID, WorkflowType: member.Type, Version: pkg.Version, Input: cmd.Input, Attributes: cmd.Attributes, Timeout: timeout, Attempt: 1,
	}, pkg, member)
}

// foreseeFirst makes the first turn of a run that begins with an event.
func (d *driver) foreseeFirst(started *history.WorkflowStarted, pkg *catalog.Package, member *catalog.Member) *ahead {
	program, ok := d.e.programs.cache.Peek(pkg.Content())
	if !ok {
		return nil
	}
	at := rows.Run{WorkflowID: started.WorkflowID, RunID: started.RunID, Type: member.Type, Version: pkg.Version, Parent: started.Parent}
	return d.foresee(&at, fsm.Foresight{Version: pkg.Version}, nil, func() *replay.Machine {
		begins := history.Event{Seq: 1, Data: history.Bare(spaceOf(&at), started)}
		m, err := replay.New(replay.Config{Program: program, Member: bareMember(member), Limits: d.e.limits.Runtime, Log: d.e.codeLogger(at), Pace: &pace{places: d.cpus, key: at.Type}, Rules: d.e.rules, Most: d.e.most()}, begins)
		if err != nil {
			return nil
		}
		return m
	})
}

// foreseeNews makes the turn that follows if exactly these events are appended to a run next; nil
// if that cannot be done at once.
func (d *driver) foreseeNews(id history.RunID, outcomes ...history.Data) *ahead {
	w := (&visit{d: d, id: id}).readWork()
	if w.pkg == nil || w.run.Through == 0 || !wakesAny(outcomes) {
		return nil
	}
	news := w.news
	for i, data := range outcomes {
		news = append(news[:len(news):len(news)], history.Event{Seq: w.run.Events + uint64(i) + 1, Data: data})
	}
	return d.foresee(&w.run, fsm.Foresight{After: w.run.Events}, news, func() *replay.Machine {
		m, ok := d.resident.Take(id)
		if ok && !isAtTurn(m, w.run) {
			d.resident.Put(id, m)
			return nil
		}
		return m
	})
}

func wakesAny(outcomes []history.Data) bool {
	for _, data := range outcomes {
		if history.Wakes(data) {
			return true
		}
	}
	return false
}

// foresee makes a turn of a run on a machine that take returns, nil if it has none.
func (d *driver) foresee(at *rows.Run, sight fsm.Foresight, news []history.Event, take func() *replay.Machine) *ahead {
	kind := kindOfRun{at.Version, at.Type}
	if d.e.holds.has(at.Type) || !d.worth.tries(kind) || !d.claim(at.RunID) {
		return nil
	}
	if !d.cpus.tryAcquire() {
		d.unclaim(at.RunID, false)
		return nil
	}
	defer d.cpus.release()
	m := take()
	if m == nil {
		d.unclaim(at.RunID, false)
		return nil
	}
	a := d.makeAhead(at, sight, news, m)
	if a == nil {
		m.Close()
		d.unclaim(at.RunID, false)
	}
	d.worth.tried(kind, a != nil)
	return a
}

// makeAhead makes a turn on m. If it returns nil the caller closes m.
func (d *driver) makeAhead(at *rows.Run, sight fsm.Foresight, news []history.Event, m *replay.Machine) (a *ahead) {
	defer func() {
		if p := recover(); p != nil { // a visit will meet it again, and knows what to do
			a = nil
		}
	}()
	v := &visit{d: d, id: at.RunID, typ: at.Type, machine: m}
	began := time.Now()
	turn, stop := timed(d.desk.Term(), d.e.limits.Foresight/2)
	defer stop()
	step, err := m.Foresee(turn, history.BareEvents(spaceOf(at), news))
	d.e.metrics.computed(time.Since(began))
	if err != nil {
		return nil
	}
	step = qualified(at, step)
	if v.checks, v.checkErr = d.e.checkHandedOn(turn, at, step.Asked); v.checkErr != nil {
		return nil
	}
	a = &ahead{v: v, at: *at, step: step, turn: v.turnOf(step), began: time.Now()}
	a.turn.Foreseen = &sight
	return a
}

// settle tells a turn what became of it, and leaves the run to the visits if it needs another.
func (a *ahead) settle(res fsm.Result, err error) {
	d, v := a.v.d, a.v
	how, why := v.recorded(a.at, a.step, res, err, a.began)
	switch how {
	case done:
		d.e.metrics.foreseen.WithLabelValues("recorded").Inc()
	case more:
		d.e.metrics.foreseen.WithLabelValues("recorded").Inc()
		v.parkMachine()
	default:
		d.e.metrics.foreseen.WithLabelValues("otherwise").Inc()
		d.e.log.Debug("a turn was made ahead in vain", "workflow", a.at.WorkflowID, "run", v.id, "turn", a.step.N, "refusal", res.Refusal, "error", err, "why", why)
	}
	v.closeMachine()
	again := how != done
	if _, never := res.Refusal.(*fsm.NotFound); never { // the start was refused
		again = false
	}
	d.unclaim(v.id, again)
}

// claim keeps visits away from a run, and reports whether there is none now.
func (d *driver) claim(id history.RunID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, on := d.active[id]; on {
		return false
	}
	d.active[id] = false
	return true
}

// unclaim ends a claim. The run is visited if it became ready meanwhile, or if it must be looked at
// again.
func (d *driver) unclaim(id history.RunID, again bool) {
	d.mu.Lock()
	again = d.active[id] || again
	delete(d.active, id)
	d.mu.Unlock()
	if again {
		_ = d.visitOrQueue(d.desk.Term(), id) // the error is the end of the term
	}
}
