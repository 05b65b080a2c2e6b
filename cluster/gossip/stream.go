package gossip

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// readMessage reads the one message that a stream carries in each direction, and refuses what
// memberlist must not see. It never holds more than maxStream bytes.
func readMessage(in io.Reader, key []byte) ([]byte, error) {
	var got bytes.Buffer
	p := &packed{in: io.TeeReader(in, &got), left: maxStream}
	kind, err := p.number(1)
	if err != nil {
		return nil, err
	}
	if len(key) == 0 {
		err = checkStream(p, byte(kind), &got)
		return got.Bytes(), err // got grows while it is checked
	}
	if byte(kind) != kindEncrypt {
		return got.Bytes(), errors.New("a stream that is not encrypted")
	}
	size, err := p.number(4)
	if err == nil {
		err = p.skip(size)
	}
	if err != nil {
		return got.Bytes(), err
	}
	plain, err := openSealed(key, got.Bytes()[5:], got.Bytes()[:5])
	if err != nil {
		return got.Bytes(), err
	}
	return got.Bytes(), checkWhole(plain)
}

// checkWhole checks a message that has been read completely.
func checkWhole(b []byte) error {
	var got bytes.Buffer
	p := &packed{in: io.TeeReader(bytes.NewReader(b), &got), left: len(b)}
	kind, err := p.number(1)
	if err != nil {
		return err
	}
	return checkStream(p, byte(kind), &got)
}

// checkStream reads and checks the rest of a message of this kind. got holds what p has read.
func checkStream(p *packed, kind byte, got *bytes.Buffer) error {
	switch kind {
	case kindPing, kindAck, kindError:
		return p.value(2)
	case kindCompress:
		if err := p.value(2); err != nil {
			return err
		}
		b, err := inflate(got.Bytes()[1:], maxStream)
		if err == nil && b[0] == kindCompress {
			err = errTooDeep(0)
		}
		if err != nil {
			return err
		}
		return checkWhole(b)
	case kindPushPull:
		return checkNodes(p, got)
	default:
		return fmt.Errorf("a stream of unknown kind %d", kind)
	}
}

// checkNodes reads a list of nodes, after a header with their number.
func checkNodes(p *packed, got *bytes.Buffer) error {
	if err := p.value(2); err != nil {
		return err
	}
	var h struct {
		Nodes, UserStateLen int64
		Join                bool
	}
	if err := codec.NewDecoderBytes(bytes.Clone(got.Bytes()[1:]), &codec.MsgpackHandle{}).Decode(&h); err != nil {
		return err
	}
	if h.Nodes < 0 || h.Nodes > math.MaxInt32 || h.UserStateLen != 0 {
		return fmt.Errorf("a list of %d nodes with %d bytes of user state", h.Nodes, h.UserStateLen)
	}
	// A node in the list takes about 40 bytes, and memberlist needs three times as many for it.
	if h.Nodes > maxStream/40 {
		return fmt.Errorf("a list of %d nodes", h.Nodes)
	}
	for range h.Nodes {
		if err := p.value(3); err != nil {
			return err
		}
	}
	return nil
}
