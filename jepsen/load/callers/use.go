// Package callers makes tokens, calls with them through every node, and revokes them. It also calls
// with JWTs of an issuer that the nodes know, of which some have expired, and with some of a
// stranger.
//
// Its checker knows only when calls began and ended: no change and no linearizable read succeeds
// with a token whose revocation was answered before the call began, and none is told that it does
// not know a token whose making was answered before. Begin with check.go.
package callers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	issues bool // nodes accept its JWTs

	mu   sync.Mutex
	left []op.Op // guarded by mu: the newest change of each token whose outcome is not known
}

const name = "callers"

// What each token may do: limit queues of this prefix, and see runs of this type.
const (
	queuePrefix = "callers-"
	typ         = "callers"
)

// arguments is Op.Value.
type arguments struct {
	Token string `json:"token"` // its name
	Hash  string `json:"hash,omitempty"`
}

// Name implements load.Workload.
func (w *Workload) Name() string { return name }

func newOp(f, token, hash string) op.Op {
	value, _ := json.Marshal(arguments{token, hash})
	return op.Op{Workload: name, F: f, Key: token, Value: value}
}

// Setup waits for level 3, from which on there are tokens, and until nodes can sign.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if _, err := load.ReachLevel(ctx, e, name, 3); err != nil {
		return err
	}
	o := newOp("create", "setup", wire.HashOfSecret(wire.NewSecret()))
	o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(e.Rand(1)), "callers-setup"
	if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
		return errors.Join(err, fmt.Errorf("create a token: %s", o.Error))
	}
	return nil
}

// usesAtOnce is how many callers use a token at a time.
const usesAtOnce = 3

// vouched calls with JWTs until ctx ends.
func (w *Workload) vouched(ctx context.Context, e *load.Env) {
	r, p := e.Rand(3_000_000), e.Record.Process()
	for n := 0; ctx.Err() == nil && e.Pace(ctx); n++ {
		f, key, until := "vouched", issuerKey, time.Now().Add(longLife)
		switch r.IntN(4) {
		case 0:
			f, until = "overdue", time.Now().Add(-overFor)
		case 1:
			f, key = "forged", strangersKey
		}
		o := newOp(f, "jwt", "")
		o.Process, o.Node, o.Request = p, e.AnyNode(r), fmt.Sprintf("jwt-%d", n)
		if o = w.use(ctx, e, o, vouch(key, "suite", until)); o.Outcome == op.Unknown {
			p = e.Record.Process()
		}
	}
}

// Run makes tokens one after the other, each used by several callers before, while and after it is
// revoked.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var all sync.WaitGroup
	if w.issues {
		all.Go(func() { w.vouched(ctx, e) })
	}
	for i := range max(1, e.Concurrency/usesAtOnce) {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				w.life(ctx, e, i, n)
			}
		})
	}
	all.Wait()
}

// life is that of one token.
func (w *Workload) life(ctx context.Context, e *load.Env, caller, n int) {
	r := e.Rand(uint64(1000*caller + n))
	token, secret := fmt.Sprintf("t-%d-%d", caller, n), wire.NewSecret()
	create := newOp("create", token, wire.HashOfSecret(secret))
	create.Process, create.Node, create.Request = e.Record.Process(), e.AnyNode(r), "create-"+token
	if done, err := e.Insist(ctx, create, w.call); err != nil || done.Outcome != op.OK {
		w.note(done)
		return
	}
	using, stop := context.WithCancel(ctx)
	var users sync.WaitGroup
	for u := range usesAtOnce {
		users.Go(func() {
			r, p := e.Rand(uint64(1_000_000+1000*caller+10*n+u)), e.Record.Process()
			for k := 0; using.Err() == nil && e.Pace(ctx); k++ {
				f := []string{"limit", "look"}[r.IntN(2)]
				o := newOp(f, token, "")
				o.Process, o.Node = p, e.AnyNode(r)
				if f == "limit" {
					o.Request = fmt.Sprintf("%s-%d-%d", token, u, k)
				}
				if o = w.use(ctx, e, o, secret); o.Outcome == op.Unknown {
					p = e.Record.Process()
				}
			}
		})
	}
	pause(ctx, time.Duration(50+r.IntN(300))*time.Millisecond)
	revoke := newOp("revoke", token, "")
	revoke.Process, revoke.Node, revoke.Request = e.Record.Process(), e.AnyNode(r), "revoke-"+token
	done, err := e.Insist(ctx, revoke, w.call)
	if err != nil || done.Outcome != op.OK {
		w.note(done)
	}
	pause(ctx, time.Duration(50+r.IntN(200))*time.Millisecond)
	stop()
	users.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (w *Workload) note(o op.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o.Outcome == op.Unknown || o.Outcome == op.Failed {
		w.left = append(w.left, o)
	}
}

// call makes or revokes a token, as who may.
func (w *Workload) call(ctx context.Context, c *client.Client, o *op.Op) error {
	var ask arguments
	if err := json.Unmarshal(o.Value, &ask); err != nil {
		return err
	}
	key := client.RequestID(o.Request)
	if o.F == "revoke" {
		a, err := c.RevokeToken(ctx, ask.Token, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
	spec := wire.TokenSpec{Name: ask.Token, Grants: []string{"operate:queue=" + queuePrefix, "read:type=" + typ}, TokenLife: wire.TokenLife{SecretSHA256: ask.Hash}}
	a, err := c.CreateToken(ctx, spec, key)
	return load.Told(o, a, err, func() wire.Answered { return a.Answered })
}

// use calls with a token.
func (w *Workload) use(ctx context.Context, e *load.Env, o op.Op, secret string) op.Op {
	return e.Record.Do(o, func(o *op.Op) error {
		ctx, cancel := context.WithTimeout(ctx, load.CallTimeout)
		defer cancel()
		c, err := e.As(o.Node, secret)
		if err != nil {
			return err
		}
		defer c.Close()
		if o.F == "look" {
			_, err := c.Counts(ctx, wire.RunFilter{Type: typ})
			return err
		}
		a, err := c.LimitQueue(ctx, queuePrefix+o.Key, wire.QueueLimits{Concurrency: new(uint64(7))}, client.RequestID(o.Request))
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	})
}

// Resolve repeats changes until each has an outcome, and looks once with every token that was
// revoked then through each node.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	w.mu.Lock()
	left := w.left
	w.mu.Unlock()
	for _, o := range left {
		if _, err := e.Insist(ctx, e.Repeated(o), w.call); err != nil {
			return err
		}
	}
	return nil
}
