package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// BacktestRequest says which code is tried, and on which histories.
type BacktestRequest struct {
	Archive string           // digest of a stored archive; or
	Version string           // a loaded version, or a prefix of one
	Types   []string         // none = all that the candidate carries
	Runs    string           // open, closed or all; empty = all
	Since   history.Time     // only runs that started at this time or later
	Ago     time.Duration    // Since, as a time before now; 0 = none
	Limit   uint64           // the newest so many; 0 = all
	Where   []rows.Condition // only runs that meet all of these
	Request *fsm.Request     // of the call: repeated, it answers with the backtest that it began; nil = none
}

// What a node keeps of backtests.
const (
	backtestsAtOnce = 4
	backtestsKept   = 32 // that have ended
	backtestsFor    = time.Hour
)

// trial is a backtest or a move, under way or ended.
type trial interface {
	Read(from, limit int) backtest.Report
	Over() <-chan struct{}
	Stop()
}

// backtests are those of this node, which alone knows them, or its moves. Nothing of a backtest is
// in the log.
type backtests struct {
	what  string // "backtest" or "move"
	node  string
	share *backtest.Share
	stop  context.CancelFunc

	mu      sync.Mutex           // guards the fields below
	running context.Context      // ends with the engine
	all     map[string]trial     // by id
	spaces  map[string]string    // namespaces by id, of calls
	calls   map[string]firstCall // by the owner and the id of their request
	order   []string             // ids, oldest first
	busy    int
	working sync.WaitGroup
}

// firstCall is the call that began a backtest, and its answer.
type firstCall struct {
	print catalog.Digest
	id    string
	begun backtest.Report
}

func requestKey(r *fsm.Request) string { return r.Owner + "\x00" + r.ID }

func newBacktests(what, node string, share *backtest.Share) *backtests {
	b := &backtests{what: what, node: node, share: share, all: map[string]trial{}, spaces: map[string]string{}, calls: map[string]firstCall{}}
	b.running, b.stop = context.WithCancel(context.Background())
	return b
}

// run ends all backtests when ctx ends.
func (b *backtests) run(ctx context.Context) error {
	<-ctx.Done()
	b.mu.Lock()
	b.stop()
	b.mu.Unlock()
	b.working.Wait()
	return ctx.Err()
}

// begin takes a place among those that run at once. The caller must end it, also after an error of
// its own.
func (b *backtests) begin() (context.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running.Err() != nil {
		return nil, &Unavailable{Why: "this node is shutting down"}
	}
	if b.busy == backtestsAtOnce {
		return nil, &fsm.ResourceExhausted{What: b.what + "s under way on this node", Limit: backtestsAtOnce}
	}
	b.busy++
	b.working.Add(1)
	return b.running, nil
}

func (b *backtests) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy--
	b.working.Done()
}

// keep remembers a backtest, and forgets those that nobody may read any more.
func (b *backtests) keep(ctx context.Context, r *fsm.Request, t trial) (id string, begun backtest.Report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	begun = t.Read(0, 0)
	id = strings.ToLower(rand.Text())
	b.all[id], b.spaces[id] = t, namespace.Asked(ctx)
	b.order = append(b.order, id)
	if r != nil {
		b.calls[requestKey(r)] = firstCall{r.Print, id, begun}
	}
	b.sweep()
	return id, begun
}

// sweep forgets what ended too long ago, and the oldest of those that ended when they are too many.
// The caller holds mu.
func (b *backtests) sweep() {
	ended := 0
	for i := len(b.order) - 1; i >= 0; i-- {
		id := b.order[i]
		r := b.all[id].Read(0, 0)
		if r.Status == backtest.Running {
			continue
		}
		if ended++; ended > backtestsKept || time.Since(r.Finished) > backtestsFor {
			delete(b.all, id)
			delete(b.spaces, id)
			maps.DeleteFunc(b.calls, func(_ string, of firstCall) bool { return of.id == id })
			b.order = slices.Delete(b.order, i, i+1)
		}
	}
}

// begun returns what a call with this request was answered first; id is empty if it is new.
func (b *backtests) begun(r *fsm.Request) (id string, begun backtest.Report, err error) {
	if r == nil {
		return "", begun, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	first, known := b.calls[requestKey(r)]
	switch {
	case !known:
		return "", begun, nil
	case first.print != r.Print:
		return "", begun, &fsm.RequestMismatch{ID: r.ID}
	}
	begun = first.begun
	begun.Repeated = true
	return first.id, begun, nil
}

// UnknownBacktest means that this node has no such backtest, or move.
type UnknownBacktest struct{ What, ID, Node string }

func (e *UnknownBacktest) Error() string {
	return fmt.Sprintf("node %s has no %s %s: a %s is known to the node that runs it alone, for an hour after its end, until that node restarts", e.Node, e.What, catalog.QuoteStart(e.ID, 40), e.What)
}

// Code implements fsm.Refusal.
func (e *UnknownBacktest) Code() string { return "not_found" }

// Facts implements fsm.Refusal.
func (e *UnknownBacktest) Facts() map[string]any {
	return map[string]any{e.What + "_id": e.ID, "node": e.Node}
}

func (b *backtests) find(ctx context.Context, id string) (trial, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	if t := b.all[id]; t != nil && b.spaces[id] == namespace.Asked(ctx) {
		return t, nil
	}
	return nil, &UnknownBacktest{What: b.what, ID: id, Node: b.node}
}

// StartBacktest begins to replay recorded histories on code that need not be loaded. It works on
// this node, from one view of its state, and changes nothing. Backtest tells how far it has come.
func (e *Engine) StartBacktest(ctx context.Context, rd Read, r BacktestRequest) (id string, begun backtest.Report, err error) {
	if err := r.check(); err != nil {
		return "", begun, err
	}
	if id, begun, err = e.backtests.begun(r.Request); id != "" || err != nil {
		return id, begun, err
	}
	running, err := e.backtests.begin()
	if err != nil {
		return "", begun, err
	}
	started := false
	defer func() {
		if !started {
			e.backtests.end()
		}
	}()
	if err := e.freshenLocal(ctx, rd); err != nil {
		return "", begun, err
	}
	candidate, err := e.candidate(ctx, r.Archive, r.Version)
	if err != nil {
		return "", begun, err
	}
	e.view(ctx, func(v fsm.View) { err = resolveConditions(v, r.Where) })
	if err != nil {
		return "", begun, err
	}
	choice := backtest.Choice{Types: r.Types, Runs: backtest.Which(r.Runs), Since: r.Since, Limit: r.Limit, Where: r.Where}
	if choice.Runs == "" {
		choice.Runs = backtest.All
	}
	for _, m := range candidate.Members {
		if len(r.Types) == 0 {
			choice.Types = append(choice.Types, namespace.Qualify(namespace.Asked(ctx), m.Type))
		}
	}
	made := make(chan *backtest.Trial, 1)
	started = true
	go func() {
		defer e.backtests.end()
		defer close(made)
		e.cfg.Log.View(func(v fsm.View) {
			if r.Ago > 0 {
				choice.Since = max(1, v.Now()-history.Time(r.Ago))
			}
			t, ctx := backtest.New(running, v, candidate, choice, e.backtests.share, e.limits.TurnTimeout)
			made <- t
			t.Run(ctx, v)
		})
	}()
	t, ok := <-made
	if !ok {
		return "", begun, &Unavailable{Why: "this node is shutting down"}
	}
	id, begun = e.backtests.keep(ctx, r.Request, t)
	return id, begun, nil
}

// freshenLocal is freshen for reads that any node serves from its own state: a leader's is as new
// as it can be proved to be, a follower's as new as rd asks.
func (e *Engine) freshenLocal(ctx context.Context, rd Read) error {
	if rd.MinIndex == 0 && !rd.Stale {
		var elsewhere *NotLeader
		if err := e.cfg.Log.Sync(ctx); err == nil || !errors.As(err, &elsewhere) {
			return err
		}
	}
	return e.freshen(ctx, Read{Stale: true, MinIndex: rd.MinIndex})
}

func (r *BacktestRequest) check() error {
	if (r.Archive == "") == (r.Version == "") {
		return invalid("archive", "and version: give one of them")
	}
	switch r.Runs {
	case "", string(backtest.Open), string(backtest.Closed), string(backtest.All):
	default:
		return invalid("runs", "is %s; want open, closed or all", catalog.QuoteStart(r.Runs, 40))
	}
	if r.Types != nil && len(r.Types) == 0 {
		return invalid("types", "is empty; leave it out for all types that the candidate carries")
	}
	if len(r.Types) > catalog.MaxMembers {
		return invalid("types", "has %d names, the limit is %d", len(r.Types), catalog.MaxMembers)
	}
	for _, typ := range r.Types {
		if err := checkType("types", typ); err != nil {
			return err
		}
	}
	if r.Ago < 0 || r.Since < 0 {
		return invalid("since", "is before 1970, or in the future")
	}
	slices.Sort(r.Types)
	r.Types = slices.Compact(r.Types)
	var err error
	r.Where, err = checkConditions(r.Where)
	return err
}

// Backtest returns how a backtest of this node stands, once it has ended or wait is over, with a
// page of its results. The cursor is "" at the beginning; next is "" when there will be no more.
func (e *Engine) Backtest(ctx context.Context, id string, wait time.Duration, limit int, cursor string) (r backtest.Report, next string, err error) {
	return e.backtests.read(ctx, id, wait, limit, cursor)
}

// StopBacktest ends a backtest of this node, and returns how far it came. Its results stay.
func (e *Engine) StopBacktest(ctx context.Context, id string) (backtest.Report, error) {
	return e.backtests.stopOne(ctx, id)
}

func (b *backtests) read(ctx context.Context, id string, wait time.Duration, limit int, cursor string) (r backtest.Report, next string, err error) {
	if limit, err = checkPage(limit); err != nil {
		return r, "", err
	}
	from := 0
	if cursor != "" {
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 {
			return r, "", invalid("cursor", "%s was not returned by an earlier page", catalog.QuoteStart(cursor, 40))
		}
	}
	if err := checkWait(wait); err != nil {
		return r, "", err
	}
	t, err := b.find(ctx, id)
	if err != nil {
		return r, "", err
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-t.Over():
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	r = t.Read(from, limit)
	if r.More {
		next = strconv.Itoa(r.Next)
	}
	return r, next, nil
}

func (b *backtests) stopOne(ctx context.Context, id string) (backtest.Report, error) {
	t, err := b.find(ctx, id)
	if err != nil {
		return backtest.Report{}, err
	}
	t.Stop()
	select {
	case <-t.Over():
	case <-ctx.Done():
	}
	return t.Read(0, 0), nil
}
