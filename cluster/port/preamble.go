package port

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"aion.dev/aion/cluster/nodeid"
)

// The preamble opens every connection of the node port, before any protocol starts. The dialling
// side sends what the connection is for, who it is and which node it means. The listener answers
// with one byte, followed by a reason if it refuses. Without it, raft trusts whoever answers at an
// address, although other nodes and other clusters may reuse that address. With it, an address
// alone never identifies a node.
//
// On the wire: "aion", version, kind, u16 length of the rest, then the strings of an Introduction
// in order, each after one byte with its length. The answer is 0, or 1 and a text after its u16
// length. Any change of what nodes send each other raises the version.
const (
	preambleName    = "aion"
	preambleVersion = 2
	preambleHead    = len(preambleName) + 4

	streamRaft byte = 'r'
	streamHTTP byte = 'h' // node calls and archives

	answerGoOn    byte = 0
	answerRefused byte = 1

	maxRefusal = 1 << 10
)

// Introduction describes a node and the node that it means, before anything else is sent.
type Introduction struct {
	Name     string // of the cluster: cluster.name; empty if not configured
	Cluster  string // its id; empty before this node belongs to one
	From     string // id of the node that dials
	To       string // id of the node that is meant; empty only in a hello to whoever answers
	Instance string // of the process: distinguishes two processes with one node id
	Address  string // where the dialling node is reached

	// Named is set by the listener, never sent: a certificate names the sender as node From, by a
	// URI or an entry in tls.node_names. One that only proves a host names nobody.
	Named bool
	moved bool // set by the listener: the certificate proves Address, but the configuration has the node elsewhere
}

func (i *Introduction) fields() []*string {
	return []*string{&i.Name, &i.Cluster, &i.From, &i.To, &i.Instance, &i.Address}
}

// maxIntroduced bounds the bytes of each field of an Introduction.
const maxIntroduced = 255

// refuse returns a reason if the node that own describes must not talk to the node that sent i, or
// "". With kind streamHTTP the sender may belong to no cluster yet, and may not know which node it
// meets.
func (i Introduction) refuse(own Introduction, kind byte) string {
	switch {
	case !nodeid.Valid(i.From):
		return fmt.Sprintf("%q is not a node id", i.From)
	case i.To != own.From && (i.To != "" || kind != streamHTTP):
		return fmt.Sprintf("this is node %s, not %q", own.From, i.To)
	case i.Name != "" && own.Name != "" && i.Name != own.Name:
		return fmt.Sprintf("node %s belongs to the cluster called %q, node %s to %q (cluster.name)", i.From, i.Name, own.From, own.Name)
	case i.Cluster != own.Cluster && i.Cluster != "" && own.Cluster != "":
		return fmt.Sprintf("node %s belongs to cluster %s, node %s to cluster %s", i.From, i.Cluster, own.From, own.Cluster)
	case i.Cluster != own.Cluster && kind == streamRaft:
		return fmt.Sprintf("node %s says cluster %q, node %s belongs to %q: only members replicate", i.From, i.Cluster, own.From, own.Cluster)
	case i.From == own.From && i.Instance != own.Instance && kind == streamRaft: // calls: see MayCall
		return fmt.Sprintf("two processes run as node %s: one at %s, one at %s", i.From, i.Address, own.Address)
	}
	return ""
}

// RefuseRaft is refuse for raft's messages; clustertest's network uses it.
func (i Introduction) RefuseRaft(own Introduction) string { return i.refuse(own, streamRaft) }

// RefuseCall is refuse for node calls.
func (i Introduction) RefuseCall(own Introduction) string { return i.refuse(own, streamHTTP) }

// appendPreamble appends the bytes that open a connection.
func appendPreamble(b []byte, kind byte, i Introduction) ([]byte, error) {
	b = append(append(b, preambleName...), preambleVersion, kind, 0, 0)
	head := len(b)
	for _, f := range i.fields() {
		if len(*f) > maxIntroduced {
			return nil, fmt.Errorf("%q has %d bytes, the preamble takes %d", *f, len(*f), maxIntroduced)
		}
		b = append(append(b, byte(len(*f))), *f...)
	}
	binary.BigEndian.PutUint16(b[head-2:], uint16(len(b)-head))
	return b, nil
}

// readPreamble reads what appendPreamble wrote, and not one byte more.
func readPreamble(r io.Reader) (kind byte, i Introduction, err error) {
	var head [preambleHead]byte
	// The name is read first: a client with another protocol may send less than a header, and
	// should get its answer at once.
	if _, err := io.ReadFull(r, head[:len(preambleName)]); err != nil {
		return 0, i, fmt.Errorf("no preamble: %w", err)
	}
	if string(head[:len(preambleName)]) != preambleName {
		return 0, i, fmt.Errorf("begins with %q: not an aion node; callers belong on http.address", head[:len(preambleName)])
	}
	if _, err := io.ReadFull(r, head[len(preambleName):len(preambleName)+1]); err != nil {
		return 0, i, fmt.Errorf("no preamble: %w", err)
	}
	if v := head[len(preambleName)]; v != preambleVersion {
		return 0, i, &refusedError{fmt.Sprintf("node protocol %d, this node speaks %d", v, preambleVersion)}
	}
	if _, err := io.ReadFull(r, head[len(preambleName)+1:]); err != nil {
		return 0, i, fmt.Errorf("no preamble: %w", err)
	}
	body := make([]byte, binary.BigEndian.Uint16(head[preambleHead-2:]))
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, i, fmt.Errorf("no preamble: %w", err)
	}
	for _, f := range i.fields() {
		if len(body) == 0 || len(body)-1 < int(body[0]) {
			return 0, i, &refusedError{"the preamble ends within a field"}
		}
		*f, body = string(body[1:1+body[0]]), body[1+body[0]:]
	}
	if len(body) != 0 {
		return 0, i, &refusedError{fmt.Sprintf("the preamble has %d bytes too many", len(body))}
	}
	return head[len(preambleName)+1], i, nil
}

// refusedError is why a connection was refused. The other side is sent its text.
type refusedError struct{ why string }

func (e *refusedError) Error() string { return e.why }

// writeAnswer tells the dialling side to go on, or why it is refused.
func writeAnswer(c net.Conn, refused string) error {
	b := []byte{answerGoOn}
	if refused != "" {
		refused = refused[:min(len(refused), maxRefusal)]
		b = binary.BigEndian.AppendUint16([]byte{answerRefused}, uint16(len(refused)))
		b = append(b, refused...)
	}
	_, err := c.Write(b)
	return err
}

// readAnswer returns nil if the listener accepts, and its reason if it refuses.
func readAnswer(r io.Reader) error {
	var b [3]byte
	if _, err := io.ReadFull(r, b[:1]); err != nil {
		return fmt.Errorf("no answer to the preamble: %w", err)
	}
	switch b[0] {
	case answerGoOn:
		return nil
	case answerRefused:
	default:
		return fmt.Errorf("the preamble is answered with %d: not an aion node of this version", b[0])
	}
	if _, err := io.ReadFull(r, b[1:]); err != nil {
		return fmt.Errorf("refused without a reason: %w", err)
	}
	n := binary.BigEndian.Uint16(b[1:])
	if n > maxRefusal {
		return errors.New("refused with a reason that is too long")
	}
	why := make([]byte, n)
	if _, err := io.ReadFull(r, why); err != nil {
		return fmt.Errorf("refused without a reason: %w", err)
	}
	return &refusedError{"refused: " + string(why)}
}
