package fsm

import (
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// StartPackage starts a run on the code that comes along with it: it loads the package, unless that
// version is resident, and starts the run on it, both or neither. No route moves. The archive is
// durable on a majority before this is proposed. Refused: as LoadPackage and as StartRun;
// invalid_input (the package does not carry the type); resource_exhausted (more versions than there
// may be, or than Allowed); permission_denied (Allowed, and the version stays). Level 2.
type StartPackage struct {
	Package catalog.Package `cbor:"1,keyasint"` // as in LoadPackage
	Start   StartRun        `cbor:"2,keyasint"` // its Version is not looked at
	// Ephemeral: a version that this loads is unloaded in the entry in which its last run closes. A
	// version that is resident stays what it is.
	Ephemeral bool       `cbor:"3,keyasint,omitempty"`
	Bytes     uint64     `cbor:"4,keyasint"`           // of the archive
	Owner     string     `cbor:"5,keyasint,omitempty"` // name of the token that asks; empty = there are no tokens
	Allowed   *Allowance `cbor:"6,keyasint,omitempty"` // nil = the owner may do more than bring ephemeral versions

	Signatures []signature.Signature `cbor:"7,keyasint,omitempty"` // of the version; level 4
}

// Allowance is what a token may have of ephemeral versions at a time, when it may start nothing
// else. It travels in the entry: the count is made in apply, so no two nodes can let it pass.
type Allowance struct {
	Versions uint64 `cbor:"1,keyasint"`
	Bytes    uint64 `cbor:"2,keyasint"` // of their archives
}

// PackageStarted names the run, and says what became of the package.
type PackageStarted struct {
	Run           StartAnswer `cbor:"1,keyasint"`
	FreshlyLoaded bool        `cbor:"2,keyasint,omitempty"` // false: the version was resident
	Ephemeral     bool        `cbor:"3,keyasint,omitempty"` // it goes when its last run closes
}

// NotEphemeral refuses to start a run on a version that stays, for a token that may only bring
// versions that go.
type NotEphemeral struct {
	Version catalog.Version `cbor:"1,keyasint"`
	Owner   string          `cbor:"2,keyasint"`
}

// Kind implements Command.
func (*StartPackage) Kind() Kind { return KindStartPackage }
func (*PackageStarted) answer()  {}

// Error implements error.
func (r *NotEphemeral) Error() string {
	return fmt.Sprintf("the token %s may start runs on ephemeral versions only, and version %s was deployed to stay", catalog.Quote(r.Owner), r.Version)
}

// Code implements Refusal.
func (r *NotEphemeral) Code() string { return "permission_denied" }

// Facts implements Refusal.
func (r *NotEphemeral) Facts() map[string]any {
	return map[string]any{"token": r.Owner, "version": r.Version.String()}
}

func (c *StartPackage) apply(t *step) (Answer, Refusal) {
	s, pkg := &c.Start, &c.Package
	if err := checkWorkflowID(s.WorkflowID); err != nil {
		return nil, &catalog.InvalidInput{Field: "workflow_id", Reason: err.Error()}
	}
	if run, refusal := s.meet(t); refusal != nil {
		return nil, refusal
	} else if run != nil {
		return &PackageStarted{Run: *run}, nil
	}
	this := deploy{operation: opLoad, types: pkg.Types(), version: pkg.Version}
	resident, err := t.s.catalog.CheckLoad(pkg)
	if err != nil {
		return nil, t.refuse(this, err)
	}
	member, carried := pkg.Member(s.Type)
	if !carried {
		return nil, &catalog.InvalidInput{Field: "type", Reason: fmt.Sprintf("is %s, which the package does not carry", catalog.Quote(clip(namespace.Bare(s.Type))))}
	}
	if refusal := t.startable(s, member); refusal != nil {
		return nil, refusal
	}
	if refusal := t.stopped(s.Type, pkg.Version); refusal != nil {
		return nil, refusal
	}
	gives, _ := s.inTheWay(t)
	if refusal := t.mayOpen(s.Type, 0, gives); refusal != nil {
		return nil, refusal
	}
	signing, refusal := t.signing().admits(pkg, c.Signatures, t.signatures(pkg.Version))
	if refusal != nil {
		return nil, t.refuse(this, refusal)
	}
	if refusal := t.admit(c, resident != nil); refusal != nil {
		return nil, t.refuse(this, refusal)
	}

	// Nothing below is refused.
	a := &PackageStarted{FreshlyLoaded: resident == nil}
	if resident == nil {
		load := LoadPackage{Package: *pkg, Signatures: c.Signatures, Message: "comes along with workflow " + catalog.Quote(namespace.Bare(s.WorkflowID))}
		if _, refusal := load.apply(t); refusal != nil {
			t.Fail(fmt.Errorf("a package was checked and is refused: %w", refusal))
			return nil, refusal
		}
	}
	if resident != nil {
		t.keepSignatures(pkg.Version, signing)
	}
	if c.Ephemeral {
		t.chargeEphemeral(c, resident == nil)
	} else {
		t.stays(pkg.Version)
	}
	a.Ephemeral = t.s.ephemeral.of[pkg.Version] != nil
	p, _ := t.s.catalog.Package(pkg.Version)
	member, _ = p.Member(s.Type)
	a.Run = *t.startOn(s, p.Version, member)
	return a, nil
}

// admit refuses what the owner may not bring, and more than there may be.
func (t *step) admit(c *StartPackage, resident bool) Refusal {
	e := t.s.ephemeral.of[c.Package.Version]
	if c.Allowed != nil && (!c.Ephemeral || resident && e == nil) {
		return &NotEphemeral{Version: c.Package.Version, Owner: c.Owner}
	}
	if !c.Ephemeral || resident && e == nil || e != nil && e.Charged(c.Owner) {
		return nil
	}
	bytes := c.Bytes
	if e != nil {
		bytes = e.Bytes
	}
	all, use := &t.s.ephemeral, t.s.ephemeral.use[c.Owner]
	switch {
	case c.Allowed != nil && use.Versions+1 > c.Allowed.Versions:
		return &ResourceExhausted{What: fmt.Sprintf("ephemeral versions of the token %s at a time", catalog.Quote(c.Owner)), Limit: c.Allowed.Versions}
	case c.Allowed != nil && use.Bytes+bytes > c.Allowed.Bytes:
		return &ResourceExhausted{What: fmt.Sprintf("bytes of ephemeral versions of the token %s at a time", catalog.Quote(c.Owner)), Limit: c.Allowed.Bytes}
	case e != nil && len(e.Owners) >= MaxEphemeralOwners:
		return &ResourceExhausted{What: "tokens that share one ephemeral version", Limit: MaxEphemeralOwners}
	case e == nil && len(all.of) >= MaxEphemeral:
		return &ResourceExhausted{What: "ephemeral versions at a time", Limit: MaxEphemeral}
	case e == nil && all.types+len(c.Package.Members) > MaxEphemeralTypes:
		return &ResourceExhausted{What: "workflow types of ephemeral versions at a time", Limit: MaxEphemeralTypes}
	}
	return nil
}

// chargeEphemeral makes a version ephemeral that c has loaded, or charges c's owner for one that is
// ephemeral.
func (t *step) chargeEphemeral(c *StartPackage, fresh bool) {
	e := t.s.ephemeral.of[c.Package.Version]
	switch {
	case e == nil && !fresh: // it stays
		return
	case e == nil:
		by := t.asking("")
		e = &rows.Ephemeral{Owners: []string{c.Owner}, Bytes: c.Bytes, Actor: by.Actor, RequestID: by.RequestID}
	case e.Charged(c.Owner):
		return
	default:
		more := *e
		more.Owners = append(slices.Clone(e.Owners), c.Owner)
		e = &more
	}
	t.putEphemeral(c.Package.Version, e)
}
