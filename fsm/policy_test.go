package fsm

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// private is the key of a name.
func private(name string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(fmt.Sprintf("%-32s", name)))
}

func publicOf(name string) signature.Key {
	return signature.Sign(private(name), catalog.Version{}).Key
}

// signedBy is a load of a package, signed by keys of these names.
func signedBy(p catalog.Package, names ...string) *LoadPackage {
	c := &LoadPackage{Package: p}
	for _, name := range names {
		c.Signatures = append(c.Signatures, signature.Sign(private(name), p.Version))
	}
	return c
}

// policyCommands is one of each kind with every field set.
func policyCommands() []Command {
	return []Command{
		&TrustKey{Name: "release", Key: publicOf("release")}, &RevokeKey{Name: "release", Forget: true},
		&SetSignatureRule{Rule: rows.SignatureRule{Prefix: "order", Keys: []string{"ops", "release"}, Count: 2, SetAt: 1, SetBy: "ann"}}, &DropSignatureRule{Prefix: "order"},
	}
}

// TestSignaturesAreWrittenAtTheEnd: builds before level 4 know no such field.
func TestSignaturesAreWrittenAtTheEnd(t *testing.T) {
	sums := []signature.Signature{signature.Sign(private("release"), versionOf("v1"))}
	key, sum := sums[0].Key, sums[0].Sum
	for _, c := range []struct {
		without, with Command
		head          string
	}{
		{&LoadPackage{Package: pack("v1", "order")}, &LoadPackage{Package: pack("v1", "order"), Signatures: sums}, "06"},
		{&StartPackage{Package: pack("v1", "order")}, &StartPackage{Package: pack("v1", "order"), Signatures: sums}, "07"},
	} {
		before, err := EncodeEnvelope(Envelope{Command: c.without})
		if err != nil {
			t.Fatal(err)
		}
		b, err := EncodeEnvelope(Envelope{Command: c.with})
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("%x%s81a2015820%x025840%x", before, c.head, key[:], sum[:])
		if got := fmt.Sprintf("%x", b); got[6:] != want[6:] { // the map behind kind and head has one member more
			t.Errorf("%T: written as\n%s, want\n%s", c.with, got, want)
		}
		if e, err := DecodeEnvelope(b); err != nil || !reflect.DeepEqual(e.Command, c.with) {
			t.Errorf("%T: read as %+v, %v", c.with, e.Command, err)
		}
	}
}

func (g *gambler) policyCommand() Command {
	name, prefix := g.one("key", []string{"release", "ops", "ci"}), g.one("prefix", []string{"", "order", "or", "refund-eu"})
	switch rapid.IntRange(0, 6).Draw(g.t, "policy command") {
	case 0, 1, 2:
		return &TrustKey{Name: name, Key: publicOf(g.one("its key", []string{"release", "ops", "ci"}))}
	case 3:
		return &RevokeKey{Name: name, Forget: g.coin("forget")}
	case 4:
		r := rows.SignatureRule{Prefix: prefix, Count: rapid.Uint64Range(0, 2).Draw(g.t, "count")}
		if g.coin("named") {
			r.Keys = []string{name}
		}
		return &SetSignatureRule{Rule: r}
	}
	return &DropSignatureRule{Prefix: prefix}
}

// signatures draws what a load brings.
func (g *gambler) signatures(v catalog.Version) (all []signature.Signature) {
	if g.w.levelNow() < 4 {
		return nil
	}
	for _, name := range []string{"release", "ops", "ci", "nobody"} {
		if g.coin("signed by " + name) {
			all = append(all, signature.Sign(private(name), v))
		}
	}
	return all
}

func (w *world) trust(names ...string) {
	for _, name := range names {
		w.do(&TrustKey{Name: name, Key: publicOf(name)})
	}
}

func (w *world) rule(prefix string, count uint64, keys ...string) {
	w.do(&SetSignatureRule{Rule: rows.SignatureRule{Prefix: prefix, Count: count, Keys: keys}})
}

// doors are the ways in which a package comes in. Each has to be guarded.
func doors(w *world) map[string]func(*LoadPackage) Command {
	return map[string]func(*LoadPackage) Command{
		"load":       func(c *LoadPackage) Command { return c },
		"deployment": func(c *LoadPackage) Command { return &Deploy{Changes: []Change{{Load: c}}} },
		"start": func(c *LoadPackage) Command {
			return &StartPackage{Package: c.Package, Signatures: c.Signatures, Start: StartRun{WorkflowID: "s-" + c.Package.Version.Short(), RunID: w.mint(), Type: c.Package.Members[0].Type}, Ephemeral: true}
		},
	}
}

// TestTheRuleWithTheLongestPrefixDecides, for each type of a package, at every door.
func TestTheRuleWithTheLongestPrefixDecides(t *testing.T) {
	for _, door := range []string{"load", "deployment", "start"} {
		t.Run(door, func(t *testing.T) {
			w := newWorld(t)
			through := doors(w)[door]
			n := 0
			come := func(want string, types []string, names ...string) {
				t.Helper()
				n++
				c := through(signedBy(pack(fmt.Sprint("v", n), types...), names...))
				if want == "" {
					w.do(c)
					return
				}
				version := versionOf(fmt.Sprint("v", n))
				w.refused(c, want)
				w.view(func(v View) {
					if _, there := v.Catalog().Package(version); there || len(v.Signatures(version)) > 0 {
						t.Errorf("what was refused is loaded: %v, with %d signatures", there, len(v.Signatures(version)))
					}
				})
			}
			const missing, damaged = "signature_required", "signature_invalid"
			come("", []string{"order"}) // without rules nobody has to sign
			w.trust("release", "ops", "ci")
			w.rule("", 1)
			w.rule("order", 2, "ops", "release")
			w.rule("order-try", 0)
			come(missing, []string{"refund"})
			come(missing, []string{"refund"}, "nobody")
			come("", []string{"refund"}, "ci")
			come("", []string{"refund"}, "nobody", "ci")
			come(missing, []string{"order"}, "ci", "ops")
			come("", []string{"order-eu"}, "ci", "ops", "release")
			come(missing, []string{"order-tr"}, "release")
			come("", []string{"order-try"})
			come(missing, []string{"order-try", "refund"})
			come(missing, []string{"order-try-2", "order"}, "ci")
			w.do(&RevokeKey{Name: "ops"})
			come(missing, []string{"order"}, "ops", "release")
			come(missing, []string{"refund"}, "ops")
			w.rule("order", 1, "release")
			come("", []string{"order"}, "release")
			w.do(&DropSignatureRule{Prefix: "order"})
			w.do(&DropSignatureRule{Prefix: ""})
			come("", []string{"order"})

			c := signedBy(pack("other", "order"), "release")
			c.Package = pack("another", "order")
			w.refused(through(c), damaged)
		})
	}
}

// TestRefusalsNameWhatWouldDo.
func TestRefusalsNameWhatWouldDo(t *testing.T) {
	w := newWorld(t)
	w.trust("release", "ops", "ci")
	w.rule("or", 2, "ops", "release")
	r := w.refused(signedBy(pack("v1", "order"), "ci", "ops"), "signature_required")
	for _, want := range []string{"signed by ops:", `types that begin with "or"`, `as "order" does`, "wants 2", "signed by release"} {
		if !strings.Contains(r.Error(), want) {
			t.Errorf("%q does not say %q", r.Error(), want)
		}
	}
	if f := r.Facts(); !slices.Equal(f["keys"].([]string), []string{"release"}) || !slices.Equal(f["signed_by"].([]string), []string{"ops"}) || f["rule"] != "or" {
		t.Errorf("%v", f)
	}
	w.do(&RevokeKey{Name: "release"})
	if r := w.refused(signedBy(pack("v1", "order"), "ops"), "signature_required"); !strings.Contains(r.Error(), "no other trusted key would do") {
		t.Error(r.Error())
	}
}

// TestSignaturesStayWithTheVersion: they need not come along again, others may join them, and they
// go with it; the history says who had signed, in its chain.
func TestSignaturesStayWithTheVersion(t *testing.T) {
	w := newWorld(t)
	w.trust("release", "ops")
	w.do(signedBy(pack("v1", "order"), "nobody", "release"))
	w.rule("", 1)
	w.do(signedBy(pack("v1", "order")))
	w.rule("", 2)
	w.refused(signedBy(pack("v1", "order")), "signature_required")
	w.do(signedBy(pack("v1", "order"), "ops", "release"))
	v1 := versionOf("v1")
	var records []rows.DeployRecord
	w.view(func(v View) {
		var keys []signature.Key
		for _, s := range v.Signatures(v1) {
			keys = append(keys, s.Signature.Key)
		}
		if want := []signature.Key{publicOf("nobody"), publicOf("release"), publicOf("ops")}; !slices.Equal(keys, want) {
			t.Errorf("signed by %v, want %v", keys, want)
		}
		records, _ = v.Deploys("", 10, DeployCursor{})
	})
	release, ops := "release "+publicOf("release").String(), "ops "+publicOf("ops").String()
	if got := records[0].SignedBy; !slices.Equal(got, []string{ops, release}) {
		t.Errorf("the newest load was signed by %v", got)
	}
	forged := records[0]
	forged.SignedBy = []string{ops}
	if refused := records[1]; refused.Outcome != "signature_required" || len(refused.SignedBy) > 0 || forged.Link(records[2].Chain) == records[0].Chain || records[0].Link(records[2].Chain) != records[0].Chain {
		t.Errorf("%+v after %+v", records[0], refused)
	}
	w.do(&RevokeKey{Name: "release"})
	w.view(func(v View) {
		if len(v.Signatures(v1)) != 3 {
			t.Error("the signature of a key is gone that was revoked")
		}
	})
	w.do(&UnloadVersion{Type: "order", Version: v1.String()})
	w.view(func(v View) {
		if len(v.Signatures(v1)) != 0 {
			t.Error("signatures outlive their version")
		}
	})
}

// TestStrangersMakeRoom: whoever is not trusted cannot keep those out who are.
func TestStrangersMakeRoom(t *testing.T) {
	w := newWorld(t)
	var strangers []string
	for i := range MaxSignatures {
		strangers = append(strangers, fmt.Sprint("stranger", i))
	}
	w.do(signedBy(pack("v1", "order"), strangers...))
	w.refused(signedBy(pack("v1", "order"), append(strangers, "release")...), "invalid_input")
	w.trust("release")
	w.rule("", 1)
	w.do(signedBy(pack("v1", "order"), "release"))
	w.view(func(v View) {
		all := v.Signatures(versionOf("v1"))
		if len(all) != MaxSignatures || all[0].Signature.Key != publicOf("stranger1") || all[MaxSignatures-1].Signature.Key != publicOf("release") {
			t.Errorf("%d signatures, from %v to %v", len(all), all[0].Signature.Key, all[len(all)-1].Signature.Key)
		}
	})
	w.do(&DropSignatureRule{})
	w.trust(strangers...)
	w.refused(signedBy(pack("v1", "order"), "stranger0"), "resource_exhausted")
}

// TestADeploymentSeesWhatItsChangesBring: signatures of one change count for the next one of the
// same version, until it is unloaded.
func TestADeploymentSeesWhatItsChangesBring(t *testing.T) {
	w := newWorld(t)
	w.trust("release")
	w.do(&LoadPackage{Package: pack("v0", "order")})
	w.rule("", 1)
	load := func(names ...string) Change { return Change{Load: signedBy(pack("v1", "order"), names...)} }
	unload := Change{Unload: &UnloadVersion{Type: "order", Version: versionOf("v1").String()}}
	w.do(&Deploy{Changes: []Change{load("release"), load()}})
	w.do(&Deploy{Changes: []Change{load(), unload, load("release"), load(), unload}})
	w.refused(&Deploy{Changes: []Change{load("release"), unload, load()}}, "signature_required")
	w.do(&Deploy{Changes: []Change{load("release")}})
	w.refused(&Deploy{Changes: []Change{unload, load("nobody"), load()}}, "signature_required")

	many := new(Deploy)
	for range MaxDeploySignatures/2 + 1 {
		many.Changes = append(many.Changes, load("release", "nobody"))
	}
	w.refused(many, "resource_exhausted")
}

// TestKeysOfThePolicy: a name is that of one key, a key has one name, and nothing that a rule names
// is forgotten.
func TestKeysOfThePolicy(t *testing.T) {
	w := newWorld(t)
	w.trust("release")
	w.refused(&TrustKey{Name: "release", Key: publicOf("ops")}, "invalid_state")
	w.refused(&TrustKey{Name: "again", Key: publicOf("release")}, "invalid_state")
	w.refused(&TrustKey{Name: "small", Key: signature.Key{1}}, "invalid_input")
	w.refused(&TrustKey{Key: publicOf("ops")}, "invalid_input")
	w.refused(&RevokeKey{Name: "none"}, "not_found")
	w.refused(&RevokeKey{Name: "release", Forget: true}, "invalid_state")
	w.rule("order", 1, "release")
	w.do(&RevokeKey{Name: "release"})
	w.do(&RevokeKey{Name: "release"})
	w.refused(&TrustKey{Name: "release", Key: publicOf("release")}, "invalid_state")
	w.refused(&RevokeKey{Name: "release", Forget: true}, "invalid_state")
	w.refused(&SetSignatureRule{Rule: rows.SignatureRule{Keys: []string{"release"}, Count: 1}}, "invalid_input")
	w.do(&DropSignatureRule{Prefix: "order"})
	w.refused(&DropSignatureRule{Prefix: "order"}, "not_found")
	w.do(&RevokeKey{Name: "release", Forget: true})
	w.trust("release", "ops")
	for _, bad := range []rows.SignatureRule{
		{Count: 2, Keys: []string{"ops"}}, {Count: MaxSignatures + 1}, {Count: 1, Keys: []string{"release", "ops"}}, {Count: 1, Keys: []string{"ops", "ops"}}, {Prefix: strings.Repeat("x", MaxRulePrefix+1), Count: 1},
	} {
		w.refused(&SetSignatureRule{Rule: bad}, "invalid_input")
	}
}

// TestOlderLevelsKnowNoPolicy: what a build does that knows nothing of signatures.
func TestOlderLevelsKnowNoPolicy(t *testing.T) {
	w := worldAt(t, 3)
	c := signedBy(pack("v1", "order"), "release")
	c.Signatures[0].Sum[0] ^= 1
	w.do(c)
	w.view(func(v View) {
		if records, _ := v.Deploys("", 1, DeployCursor{}); len(v.Signatures(versionOf("v1"))) > 0 || len(records[0].SignedBy) > 0 {
			t.Errorf("%v, %+v", v.Signatures(versionOf("v1")), records)
		}
	})
}

// TestThePolicyIsRestored with the state, and decides there as before.
func TestThePolicyIsRestored(t *testing.T) {
	w := newWorld(t)
	w.trust("release", "ops")
	w.do(&RevokeKey{Name: "ops"})
	w.do(signedBy(pack("v1", "order"), "release"))
	w.rule("order", 1)
	state := snapshotOf(t, w.s)
	s, err := Open(w.bare())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Restore(bytes.NewReader(state)); err != nil {
		t.Fatal(err)
	}
	b, err := EncodeEntry(Entry{At: w.now, Commands: []Envelope{{Command: signedBy(pack("v2", "order"), "ops")}, {Command: signedBy(pack("v2", "order"), "release")}, {Command: signedBy(pack("v1", "order"))}}})
	if err != nil {
		t.Fatal(err)
	}
	results, err := s.Apply(s.Applied()+1, b)
	if err != nil || results[0].Refusal == nil || results[1].Refusal != nil || results[2].Refusal != nil {
		t.Errorf("%+v, %v", results, err)
	}
}

// TestRuleFor: the quick search finds what looking at every rule does.
func TestRuleFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab!]{0,5}`)
		p := newPolicy()
		for _, prefix := range rapid.SliceOfN(text, 0, 12).Draw(t, "rules") {
			p.putRule(&rows.SignatureRule{Prefix: prefix})
		}
		typ := text.Draw(t, "type")
		var want *rows.SignatureRule
		for _, r := range p.rules {
			if strings.HasPrefix(typ, r.Prefix) && (want == nil || len(r.Prefix) > len(want.Prefix)) {
				want = r
			}
		}
		if got := p.ruleFor(typ); got != want {
			t.Fatalf("%q: %v, want %v", typ, got, want)
		}
	})
}
