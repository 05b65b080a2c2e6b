package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// The bytes of a snapshot: a head of fixed size, then the files of a database, each behind its name
// and length and before its checksum. All numbers are big-endian, checksums are CRC-32C.
//
//	head:  "AIONSNAP", format (2), number of files (4), index (8), digest (32),
//	       checksum of these (4)
//	file:  length of the name (1), name, length (8), bytes, checksum of name and bytes (4)
const (
	snapshotMagic  = "AIONSNAP"
	snapshotFormat = 1
	snapshotHead   = 8 + 2 + 4 + 8 + 32 + 4
	maxFiles       = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Header is what a snapshot says about itself before its content.
type Header struct {
	Index  uint64
	Digest catalog.Digest
}

// ReadHeader reads the header of a snapshot's stream.
func ReadHeader(r io.Reader) (Header, error) {
	h, _, err := readHead(r)
	return h, err
}

func writeHead(w io.Writer, h Header, files int) error {
	b := append(make([]byte, 0, snapshotHead), snapshotMagic...)
	b = binary.BigEndian.AppendUint16(b, snapshotFormat)
	b = rows.AppendU32(b, uint32(files))
	b = rows.AppendU64(b, h.Index)
	b = append(b, h.Digest[:]...)
	_, err := w.Write(rows.AppendU32(b, crc32.Checksum(b, castagnoli)))
	return err
}

func readHead(r io.Reader) (h Header, files uint32, err error) {
	b := make([]byte, snapshotHead)
	if _, err := io.ReadFull(r, b); err != nil {
		return h, 0, fmt.Errorf("snapshot head of %d bytes: %w", snapshotHead, err)
	}
	if string(b[:8]) != snapshotMagic {
		return h, 0, fmt.Errorf("snapshot starts with %s, not %s", catalog.Quote(string(b[:8])), catalog.Quote(snapshotMagic))
	}
	if format := binary.BigEndian.Uint16(b[8:]); format != snapshotFormat {
		return h, 0, fmt.Errorf("snapshot format %d is not known to this build, which knows %d", format, snapshotFormat)
	}
	body, sum := b[:snapshotHead-4], rows.U32(b[snapshotHead-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return h, 0, fmt.Errorf("snapshot head: its checksum is wrong")
	}
	files = rows.U32(b[10:])
	if files > maxFiles {
		return h, 0, fmt.Errorf("snapshot of %d files, the limit is %d", files, maxFiles)
	}
	return Header{Index: rows.U64(b[14:]), Digest: catalog.Digest(b[22:54])}, files, nil
}

func writeFileHead(w io.Writer, name string, size int64) error {
	b := append([]byte{byte(len(name))}, name...)
	_, err := w.Write(rows.AppendU64(b, uint64(size)))
	return err
}

func readFileHead(r io.Reader) (name string, size int64, err error) {
	var n [1]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return "", 0, err
	}
	b := make([]byte, int(n[0])+8)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", 0, err
	}
	name, size = string(b[:n[0]]), int64(rows.U64(b[n[0]:]))
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\:\x00") {
		return "", 0, fmt.Errorf("file name %s is not one of a database", catalog.Quote(name))
	}
	if size < 0 {
		return "", 0, fmt.Errorf("file %s has a length of %d", name, size)
	}
	return name, size, nil
}
