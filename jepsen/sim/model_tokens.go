package sim

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// token is what the model knows of a token.
type token struct {
	serial  uint64
	expires history.Time
}

// callers is what the model knows of tokens, and of the key that nodes sign with.
type callers struct {
	named       map[string]token // by name; the secret follows from it
	made        uint64
	key, before catalog.Digest
}

var tokenNames = []string{"root", "ci", "worker"}

// expiredFor is how long a token stays that has expired.
const expiredFor = history.Duration(7 * 24 * 3600 * 1e9)

func secretOf(name string) catalog.Digest { return sha256.Sum256([]byte(name)) }

// drawToken draws a command of level 3 about tokens.
func (w *World) drawToken(rng *rand.Rand) fsm.Command {
	name := one(rng, tokenNames)
	k := rows.Token{Name: name, Hash: secretOf(name), Grants: []string{"read"}}
	if odds(rng, 2) {
		k.ExpiresAt = w.model.now + history.Time(rng.IntN(30))*1e9
	}
	switch rng.IntN(6) {
	case 0:
		return &fsm.Bootstrap{Token: k}
	case 1, 2:
		return &fsm.RevokeToken{Name: name}
	case 3:
		c := &fsm.SetForwardKey{Key: sha256.Sum256([]byte{byte(rng.IntN(256))}), Replaces: w.model.key}
		if odds(rng, 4) {
			c.Replaces = catalog.Digest{}
		}
		return c
	}
	return &fsm.CreateToken{Token: k}
}

// drawScope limits a command on a run, sometimes.
func (w *World) drawScope(c fsm.Command, rng *rand.Rand) *fsm.Scope {
	switch c.(type) {
	case *fsm.SignalRun, *fsm.UpdateRun, *fsm.CancelRun, *fsm.TerminateRun, *fsm.PauseRun, *fsm.ResumeRun:
	default:
		return nil
	}
	if w.model.level < 3 || !odds(rng, 6) {
		return nil
	}
	return &fsm.Scope{Types: []string{one(rng, types)[:2]}}
}

// touches reports whether the caller of the command being judged may touch runs of a type.
func (m *Model) touches(typ string) bool {
	if m.only == nil {
		return true
	}
	for _, prefix := range m.only.Types {
		if strings.HasPrefix(typ, prefix) {
			return true
		}
	}
	return false
}

func (m *Model) onToken(c fsm.Command, r *fsm.Result) (code, why string) {
	switch c := c.(type) {
	case *fsm.Bootstrap:
		if m.made > 0 {
			return "invalid_state", ""
		}
		return m.createToken(c.Token, r)
	case *fsm.CreateToken:
		return m.createToken(c.Token, r)
	case *fsm.RevokeToken:
		if _, there := m.named[c.Name]; !there {
			return "not_found", ""
		}
		delete(m.named, c.Name)
	case *fsm.SetForwardKey:
		if c.Replaces != m.key {
			return fenced, ""
		}
		m.key, m.before = c.Key, m.key
	}
	return ok, ""
}

func (m *Model) createToken(k rows.Token, r *fsm.Result) (code, why string) {
	if k.ExpiresAt != 0 && k.ExpiresAt <= m.now {
		return "invalid_input", ""
	}
	for name, other := range m.named { // any order: each by itself
		if other.expires != 0 && m.now >= other.expires+history.Time(expiredFor) {
			delete(m.named, name)
		}
	}
	if _, there := m.named[k.Name]; there {
		return "invalid_state", ""
	}
	m.made++
	m.named[k.Name] = token{m.made, k.ExpiresAt}
	if a, is := r.Answer.(*fsm.TokenAnswer); is && a.Token.Serial != m.made {
		return ok, fmt.Sprintf("token %s is the %dth, want %d", k.Name, a.Token.Serial, m.made)
	}
	return ok, ""
}

func (m *Model) tokensAreNot(v fsm.View) string {
	if a := v.Auth(); a.Made != m.made || a.Key != m.key || a.Before != m.before {
		return fmt.Sprintf("of callers it has %+v, want %d made, key %s after %s", a, m.made, m.key, m.before)
	}
	for _, name := range tokenNames {
		want, there := m.named[name]
		got, found := v.TokenOf(secretOf(name))
		if found != there || found && (got.Name != name || got.Serial != want.serial || got.ExpiresAt != want.expires) {
			return fmt.Sprintf("the secret of %s is that of %+v, %v; want %+v, %v", name, got, found, want, there)
		}
	}
	return ""
}
