package jwt

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keys are the public keys of the set. A set that cannot be read leaves the one before as it is.
type keys struct {
	cfg    *Config
	client *http.Client

	mu    sync.Mutex
	all   []jose.JSONWebKey // guarded by mu
	err   error             // guarded by mu: of the newest reading
	asked time.Time         // guarded by mu: when it was last read for a key that was not known
	round *round            // guarded by mu: the reading under way; nil = none is
}

// round is one reading, which all who ask meanwhile share.
type round struct{ over chan struct{} }

// find returns the keys that a token may be signed with: the one that it names, or all if it names
// none. A key that is not known makes the set be read again, but not often: strangers choose names.
func (k *keys) find(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	found, err := k.named(id)
	if len(found) > 0 {
		return found, nil
	}
	k.mu.Lock()
	again := k.cfg.now().Sub(k.asked) >= unknownRate
	if again {
		k.asked = k.cfg.now()
	}
	under := k.round
	k.mu.Unlock()
	switch {
	case again:
		k.read(ctx)
	case under != nil:
		wait(ctx, under)
	}
	if found, err = k.named(id); len(found) > 0 {
		return found, nil
	}
	return nil, err
}

// named returns the keys of a name, and the error of the newest reading if there are no keys at
// all.
func (k *keys) named(id string) (found []jose.JSONWebKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.all {
		if id == "" || key.KeyID == id {
			found = append(found, key)
		}
	}
	if len(k.all) == 0 {
		err = k.err
	}
	return found, err
}

// read reads the set, or waits for whoever does.
func (k *keys) read(ctx context.Context) {
	k.mu.Lock()
	mine := k.round
	if mine == nil {
		mine = &round{make(chan struct{})}
		k.round = mine
		go func() { // not in the caller's time: others wait for it, too
			ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
			defer cancel()
			all, err := k.load(ctx)
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.err = err; err == nil {
				k.all = all
			}
			k.round = nil
			close(mine.over)
		}()
	}
	k.mu.Unlock()
	wait(ctx, mine)
}

func wait(ctx context.Context, r *round) {
	select {
	case <-r.over:
	case <-ctx.Done():
	}
}

// load reads the set from its file or URL.
func (k *keys) load(ctx context.Context) ([]jose.JSONWebKey, error) {
	var source io.ReadCloser
	if remote, _ := k.cfg.remote(); remote {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.cfg.JWKS, nil)
		if err != nil {
			return nil, err
		}
		resp, err := k.client.Do(r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusOK {
			resp.Body.Close()
			return nil, fmt.Errorf("%s answered %s", k.cfg.JWKS, resp.Status)
		}
		source = resp.Body
	} else {
		f, err := os.Open(k.cfg.JWKS)
		if err != nil {
			return nil, err
		}
		source = f
	}
	defer source.Close()
	b, err := io.ReadAll(io.LimitReader(source, maxSet+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxSet {
		return nil, fmt.Errorf("%s has more than %d bytes", k.cfg.JWKS, maxSet)
	}
	return parseSet(b)
}

// parseSet reads the keys of a set that may verify signatures, and passes over all others: a set
// may have keys for what this build does not know.
func parseSet(b []byte) (all []jose.JSONWebKey, err error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(b, &set); err != nil {
		return nil, fmt.Errorf("is no JWK set: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("has %d keys, the limit is %d", len(set.Keys), maxKeys)
	}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && usable(&key) {
			all = append(all, key)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("has no public key for signatures (RSA of 2048 bits or more, EC, Ed25519)")
	}
	return all, nil
}

func usable(k *jose.JSONWebKey) bool {
	if k.Use != "" && k.Use != "sig" || !k.Valid() {
		return false
	}
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= 2048
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}
