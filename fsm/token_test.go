package fsm

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

func tokenNamed(name string) rows.Token {
	return rows.Token{Name: name, Hash: catalog.Digest([]byte(fmt.Sprintf("%-32s", name))), Grants: []string{"read"}}
}

// tokenCommands is one of each kind with every field set that travels.
func tokenCommands() []Command {
	k := rows.Token{Name: "ci", Hash: catalog.Digest{1}, Grants: []string{"read", "start:type=order"}, ExpiresAt: 1_800_000_000e9}
	return []Command{&Bootstrap{Token: k}, &CreateToken{Token: k}, &RevokeToken{Name: "ci"}, &SetForwardKey{Key: catalog.Digest{2}, Replaces: catalog.Digest{3}}}
}

func (g *gambler) tokenCommand() Command {
	k := tokenNamed(g.one("token", g.ids))
	k.ExpiresAt = history.Time(rapid.SampledFrom([]int64{0, 0, 1}).Draw(g.t, "expires")) * g.w.now.Add(3e9)
	var auth rows.Auth
	g.w.view(func(v View) { auth = v.Auth() })
	switch rapid.IntRange(0, 4).Draw(g.t, "token command") {
	case 0:
		return &Bootstrap{Token: k}
	case 1:
		return &RevokeToken{Name: k.Name}
	case 2:
		return &SetForwardKey{Key: catalog.Digest{byte(g.w.now)}, Replaces: auth.Key}
	}
	return &CreateToken{Token: k}
}

// TestTokens: the first one is made once, names and secrets are those of one token at a time, and a
// name that comes back is that of another token.
func TestTokens(t *testing.T) {
	w := newWorld(t)
	serial := func(c Command) uint64 { t.Helper(); return w.do(c).(*TokenAnswer).Token.Serial }
	found := func(name string) bool {
		var byName, byHash bool
		w.view(func(v View) {
			_, byName = v.Token(name)
			_, byHash = v.TokenOf(tokenNamed(name).Hash)
		})
		if byName != byHash {
			t.Errorf("token %s is found by name: %v, by its secret: %v", name, byName, byHash)
		}
		return byName
	}
	if n := serial(&Bootstrap{Token: tokenNamed("root")}); n != 1 || !found("root") {
		t.Errorf("the first token has serial %d", n)
	}
	w.refused(&Bootstrap{Token: tokenNamed("again")}, "invalid_state")
	if n := serial(&CreateToken{Token: tokenNamed("ci")}); n != 2 {
		t.Errorf("the second has serial %d", n)
	}
	w.refused(&CreateToken{Token: tokenNamed("ci")}, "invalid_state")
	twin := tokenNamed("ci")
	twin.Name = "twin"
	w.refused(&CreateToken{Token: twin}, "invalid_input")
	w.do(&RevokeToken{Name: "ci"})
	w.refused(&RevokeToken{Name: "ci"}, "not_found")
	if found("ci") || !found("root") {
		t.Error("revoke took another token")
	}
	if n := serial(&CreateToken{Token: tokenNamed("ci")}); n != 3 {
		t.Errorf("the name that came back has serial %d", n)
	}
	w.do(&RevokeToken{Name: "ci"})
	w.do(&RevokeToken{Name: "root"})
	w.refused(&Bootstrap{Token: tokenNamed("root")}, "invalid_state") // also when all are gone
	w.checkReplays()
}

// TestTokenBounds: what is stored of a token is bounded, and one that expired long ago makes room.
func TestTokenBounds(t *testing.T) {
	w := newWorld(t)
	for what, change := range map[string]func(*rows.Token){
		"no name":       func(k *rows.Token) { k.Name = "" },
		"a long name":   func(k *rows.Token) { k.Name = strings.Repeat("x", MaxTokenName+1) },
		"no grant":      func(k *rows.Token) { k.Grants = nil },
		"an empty one":  func(k *rows.Token) { k.Grants = []string{"read", ""} },
		"a long one":    func(k *rows.Token) { k.Grants = []string{strings.Repeat("x", MaxGrantText+1)} },
		"many":          func(k *rows.Token) { k.Grants = make([]string, MaxGrants+1) },
		"no secret":     func(k *rows.Token) { k.Hash = catalog.Digest{} },
		"a time before": func(k *rows.Token) { k.ExpiresAt = -1 },
		"a time gone":   func(k *rows.Token) { k.ExpiresAt = w.now },
	} {
		k := tokenNamed("a")
		change(&k)
		t.Run(what, func(t *testing.T) { w.refused(&CreateToken{Token: k}, "invalid_input") })
	}
	short := tokenNamed("short")
	short.ExpiresAt = w.now.Add(1e9)
	w.do(&CreateToken{Token: short})
	names := func() (all []string) {
		w.view(func(v View) {
			for _, k := range v.Tokens("", maxRows) {
				all = append(all, k.Name)
			}
		})
		return all
	}
	w.now = rows.Due(w.now, keepExpired)
	w.do(&CreateToken{Token: tokenNamed("b")})
	if got := names(); len(got) != 2 {
		t.Errorf("a week after it was made, tokens are %v", got)
	}
	w.now = w.now.Add(1e9)
	w.do(&CreateToken{Token: tokenNamed("c")})
	if got := fmt.Sprint(names()); got != "[b c]" {
		t.Errorf("a week after one expired, tokens are %v", got)
	}
	w.checkReplays()
}

// TestForwardKey: a key is replaced only by who knows the present one.
func TestForwardKey(t *testing.T) {
	w := newWorld(t)
	w.do(&SetForwardKey{Key: catalog.Digest{1}})
	for _, c := range []Command{&SetForwardKey{Key: catalog.Digest{2}}, &SetForwardKey{Replaces: catalog.Digest{1}}} {
		if _, fenced := w.propose(Envelope{Command: c})[0].Refusal.(*Fenced); !fenced {
			t.Errorf("%+v was taken", c)
		}
	}
	w.do(&SetForwardKey{Key: catalog.Digest{2}, Replaces: catalog.Digest{1}})
	w.view(func(v View) {
		if a := v.Auth(); a.Key != (catalog.Digest{2}) || a.Before != (catalog.Digest{1}) || a.KeyAt != w.now || a.Made != 0 {
			t.Errorf("the state has %+v", a)
		}
	})
	w.checkReplays()
}

// TestScope: what lies outside a caller's scope is answered as if it did not exist, and is not
// touched.
func TestScope(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	w.start("o", "order")
	w.start("r", "refund")
	w.turn("o", &history.ActivityScheduled{ID: 1, Activity: "charge", Queue: "fast"})
	w.turn("r", &history.ActivityScheduled{ID: 1, Activity: "charge", Queue: "slow"})
	leased := func(queue string) TaskToken {
		return w.do(&LeaseTasks{Queue: queue, Activities: []string{"charge"}, Worker: "w", Max: 1, Lease: 60e9}).(*LeaseAnswer).Tasks[0].Token
	}
	fast, slow := leased("fast"), leased("slow")
	w.do(&PutSchedule{Schedule: rows.Schedule{ID: "s", Type: "refund", Every: 60e9, Next: w.now.Add(60e9)}})
	only := &Scope{Types: []string{"ord"}, Queues: []string{"fast"}}
	as := func(only *Scope, c Command) Result { return w.propose(Envelope{Command: c, Only: only})[0] }
	code := func(r Result) string {
		if r.Refusal == nil {
			return ""
		}
		return r.Refusal.Code()
	}
	ref := func(id string) RunRef { return RunRef{WorkflowID: id} }
	for name, make := range inOrder(map[string]func(id string) Command{
		"signal": func(id string) Command { return &SignalRun{Run: ref(id), Name: "go", MaxWaiting: 9} },
		"pause":  func(id string) Command { return &PauseRun{Run: ref(id)} }, "resume": func(id string) Command { return &ResumeRun{Run: ref(id)} },
		"cancel": func(id string) Command { return &CancelRun{Run: ref(id)} },
	}) {
		_, digest := w.s.Digest()
		foreign, absent := as(only, make("r")), as(only, make("x"))
		if code(foreign) != "not_found" || strings.ReplaceAll(foreign.Refusal.Error(), `"r"`, `"x"`) != absent.Refusal.Error() {
			t.Errorf("%s of a foreign run: %v, of none: %v", name, foreign.Refusal, absent.Refusal)
		}
		if _, now := w.s.Digest(); now == digest {
			t.Fatal("the digest does not tell entries apart")
		}
		if r := as(only, make("o")); r.Refusal != nil {
			t.Errorf("%s of an own run: %v", name, r.Refusal)
		}
		if r := as(&Scope{}, make("o")); code(r) != "not_found" {
			t.Errorf("%s by a caller of nothing: %+v", name, r)
		}
	}
	if r := w.latest("r"); r.Events != 3 { // started, scheduled, begun
		t.Errorf("the foreign run has %d events", r.Events)
	}
	for name, c := range map[string]Command{"delete": &DeleteSchedule{ID: "s"}, "pause": &PauseSchedule{ID: "s"}, "resume": &ResumeSchedule{ID: "s"}, "fire": &FireSchedule{ID: "s"}, "replace": &PutSchedule{Schedule: rows.Schedule{ID: "s", Type: "order"}, Replace: true}} {
		if r := as(only, c); code(r) != "not_found" {
			t.Errorf("%s a foreign schedule: %+v", name, r)
		}
	}
	a := as(only, &CompleteTasks{Results: []TaskOutput{{Token: slow}, {Token: fast}, {Token: TaskToken{RunID: slow.RunID, ID: 99, Attempt: 1}}}}).Answer.(*TaskAnswer).Replies
	if a[0].Lost != outsideQueues || a[1].Lost != "" || a[2].Lost != outsideQueues {
		t.Errorf("reports on a foreign task, an own one and none: %+v", a)
	}
	w.checkReplays()
}

func (w *world) levelNow() (level uint64) {
	w.view(func(v View) { level = v.Level() })
	return level
}

// fullToken is the nth of many tokens, each as large as one may be.
func fullToken(n int) rows.Token {
	k := tokenNamed(fmt.Sprint(n))
	k.Name = strings.Repeat("x", MaxTokenName-8) + fmt.Sprintf("%08d", n)
	k.Grants = make([]string, MaxGrants)
	for i := range k.Grants {
		k.Grants[i] = strings.Repeat("g", MaxGrantText)
	}
	return k
}

// manyTokens makes as many tokens as there may be.
func manyTokens(w *world, expire history.Time) {
	w.s.cfg.Check = nil
	for i := 0; i < MaxTokens; i += 100 {
		var all []Envelope
		for n := range 100 {
			k := tokenNamed(fmt.Sprint(i + n))
			k.Name, k.ExpiresAt = fullToken(i+n).Name, expire
			all = append(all, Envelope{Command: &CreateToken{Token: k}})
		}
		w.propose(all...)
	}
}

// inOrder ranges over a map by its names: what is paused has to be resumed.
func inOrder[T any](m map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, name := range sortedKeys(m) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}
