package gossip

import (
	"bytes"
	"compress/lzw"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// memberlist trusts the lengths that a message claims: a packet of twenty bytes that claims a name
// of 4 GiB makes it allocate 4 GiB. So this package checks every message before memberlist sees it.
// The numbers come from memberlist's wire protocol, which never renumbers.
const (
	kindPing, kindIndirectPing, kindAck byte = 0, 1, 2
	kindSuspect, kindAlive, kindDead    byte = 3, 4, 5
	kindPushPull, kindCompound          byte = 6, 7
	kindCompress, kindEncrypt           byte = 9, 10
	kindNack, kindCRC, kindError        byte = 11, 12, 13

	sealVersion  = 1           // of encryption; memberlist uses 0 only with peers that are ten years old
	sealOverhead = 1 + 12 + 16 // version, nonce, tag
	maxPacket    = 64 << 10    // of a decompressed packet
	maxStream    = 1 << 20     // of a decompressed stream message: about 1,500 nodes
)

// checkPacket refuses a UDP message that memberlist must not see.
func checkPacket(key, b []byte) error {
	b, err := openSealed(key, b, nil)
	if err != nil {
		return err
	}
	if len(b) > 5 && b[0] == kindCRC {
		b = b[5:]
	}
	return checkMessage(b, 2)
}

// checkMessage checks one message of a packet. A message may be nested at most depth times.
func checkMessage(b []byte, depth int) error {
	if len(b) == 0 {
		return errors.New("empty message")
	}
	switch kind, body := b[0], b[1:]; kind {
	case kindPing, kindIndirectPing, kindAck, kindNack, kindSuspect, kindAlive, kindDead:
		return (&packed{in: bytes.NewReader(body), left: len(body)}).value(4)
	case kindCompress:
		inflated, err := inflate(body, maxPacket)
		if err != nil || depth == 0 {
			return errors.Join(err, errTooDeep(depth))
		}
		return checkMessage(inflated, depth-1)
	case kindCompound:
		return checkCompound(body, depth)
	default:
		return fmt.Errorf("a packet of unknown kind %d", kind)
	}
}

func checkCompound(b []byte, depth int) error {
	if len(b) == 0 || depth == 0 {
		return errors.Join(errors.New("empty, or nested too deep"), errTooDeep(depth))
	}
	n := int(b[0])
	if b = b[1:]; len(b) < 2*n {
		return errors.New("lengths are cut short")
	}
	lengths, rest := b[:2*n], b[2*n:]
	for ; len(lengths) > 0; lengths = lengths[2:] {
		size := int(binary.BigEndian.Uint16(lengths))
		if size > len(rest) {
			return errors.New("a message is cut short")
		}
		if err := checkMessage(rest[:size], depth-1); err != nil {
			return err
		}
		rest = rest[size:]
	}
	return nil
}

func errTooDeep(depth int) error {
	if depth == 0 {
		return errors.New("messages nested too deep")
	}
	return nil
}

// openSealed decrypts b. Without a key it returns b unchanged.
func openSealed(key, b, header []byte) ([]byte, error) {
	if len(key) == 0 {
		return b, nil
	}
	// An empty plaintext would pass authentication, and memberlist would then index it at 0.
	if len(b) <= sealOverhead || b[0] != sealVersion {
		return nil, errors.New("not encrypted, or empty")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, b[1:13], b[13:], header)
	if err != nil {
		return nil, errors.New("encrypted with another key")
	}
	return plain, nil
}

// inflate decompresses up to most bytes.
func inflate(b []byte, most int) ([]byte, error) {
	if err := (&packed{in: bytes.NewReader(b), left: len(b)}).value(2); err != nil {
		return nil, err
	}
	var c struct {
		Algo uint8
		Buf  []byte
	}
	if err := codec.NewDecoderBytes(b, &codec.MsgpackHandle{}).Decode(&c); err != nil {
		return nil, err
	}
	r := lzw.NewReader(bytes.NewReader(c.Buf), lzw.LSB, 8)
	defer r.Close()
	out, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("decompress: %w", err)
	case len(out) > most:
		return nil, fmt.Errorf("more than %d bytes when decompressed", most)
	case len(out) == 0:
		return nil, errors.New("empty when decompressed")
	}
	return out, nil
}
