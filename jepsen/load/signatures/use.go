// Package signatures trusts keys, requires that packages be signed by them, and revokes them, while
// others load packages that are signed, that are not, and that carry a signature of something else.
//
// It makes keys and signatures from docs/SIGNATURES.md alone. Its checker knows only when calls
// began and ended: nothing comes in unsigned once the rule was answered, nor by a key once its
// revocation was, and what is signed is let in meanwhile. Begin with check.go.
package signatures

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	mu   sync.Mutex
	left []op.Op // guarded by mu: changes of the policy whose outcome is not known
}

const name = "signatures"

// arguments is Op.Value.
type arguments struct {
	Type string `json:"type"`           // of the package, and prefix of the rule; the key has the same name
	Seed []byte `json:"seed,omitempty"` // of the key
	Salt uint64 `json:"salt,omitempty"` // tells packages apart
	Door string `json:"door,omitempty"` // by which a package comes: load, deployment, start
}

// Name implements load.Workload.
func (w *Workload) Name() string { return name }

func newOp(f, key string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: name, F: f, Key: key, Value: value}
}

// Setup waits for level 4, from which on there are signatures.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	_, err := load.ReachLevel(ctx, e, name, 4)
	return err
}

// loadersAtOnce is how many load packages of one type at a time.
const loadersAtOnce = 3

// Run makes keys one after the other, each required, used and revoked.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var all sync.WaitGroup
	for i := range max(1, e.Concurrency/loadersAtOnce) {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				w.life(ctx, e, i, n)
			}
		})
	}
	all.Wait()
}

// life is that of one key, whose type nobody else loads.
func (w *Workload) life(ctx context.Context, e *load.Env, caller, n int) {
	r := e.Rand(uint64(1000*caller + n))
	ask := arguments{Type: fmt.Sprintf("signed-%d-%d", caller, n), Seed: make([]byte, ed25519.SeedSize)}
	for i := range ask.Seed {
		ask.Seed[i] = byte(r.Uint32())
	}
	change := func(f string) bool {
		o := newOp(f, ask.Type, ask)
		o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(r), f+"-"+ask.Type
		done, err := e.Insist(ctx, o, w.call)
		if err != nil || done.Outcome != op.OK {
			w.note(done)
			return false
		}
		return true
	}
	using, stop := context.WithCancel(ctx)
	var loaders sync.WaitGroup
	for u := range loadersAtOnce {
		loaders.Go(func() {
			r, p := e.Rand(uint64(1_000_000+1000*caller+10*n+u)), e.Record.Process()
			for k := 0; using.Err() == nil && e.Pace(ctx); k++ {
				o := w.choose(r, ask)
				o.Process, o.Node, o.Request = p, e.AnyNode(r), fmt.Sprintf("%s-%d-%d", ask.Type, u, k)
				if o = e.Call(ctx, o, w.call); o.Outcome == op.Unknown {
					p = e.Record.Process()
				}
			}
		})
	}
	if change("trust") && change("require") {
		load.Pause(ctx, time.Duration(100+r.IntN(500))*time.Millisecond)
		change("revoke")
		load.Pause(ctx, time.Duration(100+r.IntN(300))*time.Millisecond)
	}
	stop()
	loaders.Wait()
}

// choose draws a package that was not loaded before.
func (w *Workload) choose(r *rand.Rand, ask arguments) op.Op {
	ask.Salt = r.Uint64()
	ask.Door = []string{"load", "deployment", "start"}[r.IntN(3)]
	return newOp([]string{"plain", "signed", "signed", "forged"}[r.IntN(4)], ask.Type, ask)
}

func (w *Workload) note(o op.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o.Outcome == op.Unknown || o.Outcome == op.Failed {
		w.left = append(w.left, o)
	}
}

// sign writes a signature of a version as a line of a signature file.
func sign(private ed25519.PrivateKey, version string) string {
	text := base64.RawURLEncoding.EncodeToString
	sum := ed25519.Sign(private, []byte("aion/signature/1\n"+version+"\n"))
	return "ed25519:" + text(private.Public().(ed25519.PublicKey)) + ":" + text(sum)
}

// call makes a call. Packages end at once, so a start leaves nothing behind.
func (w *Workload) call(ctx context.Context, c *client.Client, o *op.Op) error {
	var ask arguments
	if err := json.Unmarshal(o.Value, &ask); err != nil {
		return err
	}
	key, private := client.RequestID(o.Request), ed25519.NewKeyFromSeed(ask.Seed)
	told := func(a *wire.PolicyAnswer, err error) error {
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
	switch o.F {
	case "trust":
		public := base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
		return told(c.TrustKey(ctx, ask.Type, "ed25519:"+public, key))
	case "require":
		return told(c.SetSignatureRule(ctx, wire.RuleSpec{TypePrefix: ask.Type, Keys: []string{ask.Type}}, key))
	case "revoke":
		return told(c.RevokeKey(ctx, ask.Type, false, key))
	}
	archive, version, err := load.Package{Type: ask.Type, Source: fmt.Sprintf("def run(ctx, input):\n    return \"%x\"\n", ask.Salt)}.Pack()
	if err != nil {
		return err
	}
	var signatures []string
	switch o.F {
	case "signed":
		signatures = []string{sign(private, version)}
	case "forged":
		signatures = []string{sign(private, load.Digest(archive))}
	}
	return w.bring(ctx, c, o, &ask, archive, signatures, key)
}

// bring brings a package by its door.
func (w *Workload) bring(ctx context.Context, c *client.Client, o *op.Op, ask *arguments, archive []byte, signatures []string, key client.Option) error {
	if ask.Door == "load" {
		a, err := c.Load(ctx, archive, wire.LoadOptions{NoRoute: true, Signatures: signatures}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
	stored, err := c.StoreArchive(ctx, archive)
	if err != nil {
		return err
	}
	if ask.Door == "start" {
		a, err := c.Start(ctx, wire.StartRequest{Type: ask.Type, Archive: stored.Archive, Ephemeral: true, Signatures: signatures}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
	a, err := c.Deploy(ctx, wire.Deployment{Changes: []wire.Change{{Op: "load", Archive: stored.Archive, Route: new(bool), Signatures: signatures}}}, key)
	return load.Told(o, a, err, func() wire.Answered { return a.Answered })
}

// Resolve repeats changes of the policy until each has an outcome.
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
