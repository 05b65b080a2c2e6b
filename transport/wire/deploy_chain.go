package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// docs/DEPLOY_HISTORY.md specifies what this file computes. It shares no code with the nodes, so it
// finds what they do wrong, too.

// Canonical returns the bytes of a record that its chain covers: a CBOR map with the numbers of the
// fields as keys, without what is empty. An error means that the record cannot be one.
func (d *Deploy) Canonical() ([]byte, error) {
	w := cbor{}
	w.add(1, w.number(0, d.Index))
	w.add(2, w.number(0, uint64(d.N)))
	at := d.At.UnixNano()
	if at < 0 {
		return nil, fmt.Errorf("record %d.%d is of a time before 1970", d.Index, d.N)
	}
	w.add(3, w.number(0, uint64(at)))
	w.add(4, w.text(d.Operation))
	w.add(5, w.text(d.WorkflowType))
	for _, f := range []struct {
		key     byte
		version string
	}{{6, d.Version}, {7, d.Previous}} {
		if err := w.version(f.key, f.version); err != nil {
			return nil, err
		}
	}
	for _, f := range []struct {
		key  byte
		text string
	}{{8, d.Actor}, {9, d.RequestID}, {10, d.Outcome}, {11, d.Message}} {
		if f.text != "" {
			w.add(f.key, w.text(f.text))
		}
	}
	if d.FreshlyLoaded {
		w.add(12, []byte{0xf5})
	}
	if d.RouteChanged {
		w.add(13, []byte{0xf5})
	}
	if err := w.version(14, d.RoutedBefore); err != nil {
		return nil, err
	}
	if len(d.SignedBy) > 0 {
		texts := w.number(4, uint64(len(d.SignedBy)))
		for _, s := range d.SignedBy {
			texts = append(texts, w.text(s)...)
		}
		w.add(16, texts)
	}
	return append([]byte{0xa0 | byte(w.fields)}, w.bytes...), nil
}

// cbor writes the fields of a map.
type cbor struct {
	fields int
	bytes  []byte
}

func (w *cbor) add(key byte, value []byte) {
	w.fields++
	w.bytes = append(append(w.bytes, key), value...)
}

// number encodes n as the head of an item of a major type, in as few bytes as possible.
func (w *cbor) number(major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 1<<8:
		return []byte{major | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major | 25}, uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32([]byte{major | 26}, uint32(n))
	}
	return binary.BigEndian.AppendUint64([]byte{major | 27}, n)
}

func (w *cbor) text(s string) []byte { return append(w.number(3, uint64(len(s))), s...) }

func (w *cbor) version(key byte, digits string) error {
	if digits == "" {
		return nil
	}
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != sha256.Size {
		return fmt.Errorf("%q is no version", digits)
	}
	w.add(key, append(w.number(2, uint64(len(b))), b...))
	return nil
}

// Link returns the chain of a record that follows one with the chain before; empty for the first.
func (d *Deploy) Link(before string) (string, error) {
	previous := make([]byte, sha256.Size)
	if before != "" {
		b, err := hex.DecodeString(before)
		if err != nil || len(b) != sha256.Size {
			return "", fmt.Errorf("%q is no chain", before)
		}
		previous = b
	}
	record, err := d.Canonical()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(previous, record...))
	return hex.EncodeToString(sum[:]), nil
}

// DeployPlace is the place of a record in the deploy history.
type DeployPlace struct {
	Index uint64 `json:"index"`
	N     uint32 `json:"n"`
}

// DeployCheck says whether a deploy history is linked as it should be.
type DeployCheck struct {
	OK       bool         `json:"ok"`
	Acts     int          `json:"acts"`               // in the history
	Verified int          `json:"verified"`           // of them, whose chain was computed
	Unlinked int          `json:"unlinked,omitempty"` // of them, from before there were chains
	Refusals int          `json:"refusals"`           // which have no chain
	From     *DeployPlace `json:"from,omitempty"`     // the oldest act with a chain. Unless it is the first ever, what is before it is gone, and it is taken for what it says
	First    bool         `json:"first"`              // From is the first act that was ever linked
	Head     string       `json:"head,omitempty"`     // chain of the newest act
	Wrong    *DeployPlace `json:"wrong,omitempty"`    // the first record that does not fit
	Why      string       `json:"why,omitempty"`
}

// CheckDeploys verifies a whole deploy history, newest first as it is listed, whose head is as
// given.
func CheckDeploys(history []Deploy, head string) DeployCheck {
	c := DeployCheck{OK: true, Head: head}
	wrong := func(d *Deploy, format string, args ...any) DeployCheck {
		c.OK, c.Why = false, fmt.Sprintf(format, args...)
		if d != nil {
			c.Wrong = &DeployPlace{d.Index, d.N}
		}
		return c
	}
	for _, d := range history {
		if d.Outcome == "ok" {
			c.Acts++
		} else {
			c.Refusals++
		}
	}
	newest, newestAct := DeployPlace{}, "" // place and chain of the newest act so far that has one
	for i := len(history) - 1; i >= 0; i-- {
		d := &history[i]
		if d.Outcome != "ok" {
			if d.Chain != "" {
				return wrong(d, "it is a refusal and has a chain")
			}
			continue
		}
		if d.Chain == "" {
			if newestAct != "" {
				return wrong(d, "it has no chain, and the act before it has one")
			}
			c.Unlinked++
			continue
		}
		if d.Index < newest.Index || d.Index == newest.Index && d.N <= newest.N {
			return wrong(d, "it is listed after record %d.%d", newest.Index, newest.N)
		}
		newest = DeployPlace{d.Index, d.N}
		chain, err := d.Link(newestAct)
		switch {
		case err != nil:
			return wrong(d, "%v", err)
		case chain == d.Chain:
			c.Verified++
			c.First = c.First || newestAct == ""
		case newestAct != "" || c.Unlinked > 0:
			return wrong(d, "its chain is %s, and from the record before it follows %s", d.Chain, chain)
		}
		if c.From == nil {
			c.From = &DeployPlace{d.Index, d.N}
		}
		newestAct = d.Chain
	}
	if newestAct != head {
		return wrong(nil, "the history ends with the chain %q, and its head is %q", newestAct, head)
	}
	return c
}
