package fsm

import (
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
)

// NotInPolicy refuses what is about a key, or the rule of a prefix, that does not exist.
type NotInPolicy struct {
	Key    string  `cbor:"1,keyasint,omitempty"`
	Prefix *string `cbor:"2,keyasint,omitempty"` // of a rule; nil = it is about a key
}

// PolicyConflict refuses a change of a key that its state does not allow.
type PolicyConflict struct {
	Key string `cbor:"1,keyasint"` // its name
	Why string `cbor:"2,keyasint"`
}

// SignatureRequired refuses a package that too few of the keys have signed that a rule wants.
type SignatureRequired struct {
	Version catalog.Version `cbor:"1,keyasint"`
	Type    string          `cbor:"2,keyasint"`
	Prefix  string          `cbor:"3,keyasint"` // of the rule
	Count   uint64          `cbor:"4,keyasint"` // how many have to sign
	Keys    []string        `cbor:"5,keyasint"` // names of trusted keys that count and have not signed, the first few
	More    uint64          `cbor:"6,keyasint,omitempty"`
	Signed  []string        `cbor:"7,keyasint"` // names of those that have
}

// SignatureInvalid refuses a package with a signature that is not one of its version.
type SignatureInvalid struct {
	Version   catalog.Version `cbor:"1,keyasint"`
	PublicKey string          `cbor:"2,keyasint"`
	Key       string          `cbor:"3,keyasint,omitempty"` // its name, if it is known
	Type      string          `cbor:"4,keyasint"`           // the package's first
}

func (r *NotInPolicy) Error() string {
	if r.Prefix != nil {
		return fmt.Sprintf("there is no signature rule for the prefix %s", catalog.Quote(*r.Prefix))
	}
	return fmt.Sprintf("there is no key %s", catalog.Quote(r.Key))
}
func (r *NotInPolicy) Code() string { return "not_found" }
func (r *NotInPolicy) Facts() map[string]any {
	if r.Prefix != nil {
		return map[string]any{"type_prefix": *r.Prefix}
	}
	return map[string]any{"key": r.Key}
}

func (r *PolicyConflict) Error() string         { return catalog.Quote(r.Key) + " " + r.Why }
func (r *PolicyConflict) Code() string          { return "invalid_state" }
func (r *PolicyConflict) Facts() map[string]any { return map[string]any{"key": r.Key} }

func (r *SignatureRequired) Error() string {
	signed := "not signed by any key that counts"
	if len(r.Signed) > 0 {
		signed = "signed by " + strings.Join(r.Signed, ", ")
	}
	could := "no other trusted key would do"
	if len(r.Keys) > 0 {
		could = "it would do to have it signed by " + strings.Join(r.Keys, " or ")
		if missing := r.Count - uint64(len(r.Signed)); missing > 1 {
			could = fmt.Sprintf("it needs %d more, of %s", missing, strings.Join(r.Keys, ", "))
		}
		if r.More > 0 {
			could += fmt.Sprintf(", or %d others", r.More)
		}
	}
	return fmt.Sprintf("version %s is %s: the rule for types that begin with %s, as %s does, wants %d; %s",
		r.Version.Short(), signed, catalog.Quote(r.Prefix), catalog.Quote(r.Type), r.Count, could)
}
func (r *SignatureRequired) Code() string { return "signature_required" }
func (r *SignatureRequired) Facts() map[string]any {
	return map[string]any{"version": r.Version.String(), "workflow_type": r.Type, "rule": r.Prefix, "count": r.Count, "keys": wholeList(r.Keys), "signed_by": wholeList(r.Signed)}
}

func wholeList(names []string) []string { return append([]string{}, names...) }

func (r *SignatureInvalid) Error() string {
	key := r.PublicKey
	if r.Key != "" {
		key = r.Key + " (" + key + ")"
	}
	return fmt.Sprintf("the signature by %s is not one of version %s of %s: it is of another version, or damaged", key, r.Version.Short(), catalog.Quote(r.Type))
}
func (r *SignatureInvalid) Code() string { return "signature_invalid" }
func (r *SignatureInvalid) Facts() map[string]any {
	facts := map[string]any{"version": r.Version.String(), "workflow_type": r.Type, "public_key": r.PublicKey}
	if r.Key != "" {
		facts["key"] = r.Key
	}
	return facts
}
