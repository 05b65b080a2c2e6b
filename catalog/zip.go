package catalog

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// This is a ZIP reader for packages only. archive/zip is lenient, as it should be: it skips data
// before, between and after files, trusts the directory where it contradicts the files, and
// allocates for as many entries as fit. Each of these lets two readers see different contents in
// one archive. Here every byte belongs to one file or to the directory, and both descriptions of a
// file agree.

const (
	localHeader     = "PK\x03\x04" // 30 bytes, name, extra, then the file's bytes
	directoryHeader = "PK\x01\x02" // 46 bytes, name, extra, comment
	descriptor      = "PK\x07\x08" // after a file written as a stream; the signature is optional
	directoryEnd    = "PK\x05\x06" // 22 bytes, comment

	maxZipBytes = math.MaxInt32 // no package is larger, so no Zip64 is needed

	flagDescriptor = 1 << 3
	knownFlags     = 1<<1 | 1<<2 | flagDescriptor | 1<<11 // compression level, descriptor, UTF-8 names
)

type zipFile struct {
	name          string
	flags, method uint16
	sums          []byte // CRC-32, compressed size, size: 12 bytes, as in both headers
	attributes    uint32
	offset        int // of the local header
	body          []byte
}

func (f *zipFile) crc() uint32  { return binary.LittleEndian.Uint32(f.sums) }
func (f *zipFile) packed() int  { return u32(f.sums, 4) }
func (f *zipFile) size() uint32 { return binary.LittleEndian.Uint32(f.sums[8:]) }

// regular reports whether f is an ordinary file, by its Unix mode if it has one, and by its name.
func (f *zipFile) regular() bool {
	const typeMask, typeRegular, dosDirectory = 0o170000, 0o100000, 0x10
	kind := f.attributes >> 16 & typeMask
	return (kind == 0 || kind == typeRegular) && f.attributes&dosDirectory == 0
}

// readZip lists the files in the order of the directory, with their bodies still compressed.
func readZip(data []byte, maxFiles int) ([]zipFile, error) {
	end := len(data) - 22
	if end < 0 || !bytes.HasPrefix(data[end:], []byte(directoryEnd)) || u16(data, end+20) != 0 {
		return nil, notZip("does not end as a ZIP file: it is cut off, something follows it, or it has a comment")
	}
	count, size, start := int(u16(data, end+10)), u32(data, end+12), u32(data, end+16)
	if u32(data, end+4) != 0 || int(u16(data, end+8)) != count {
		return nil, notZip("is part of a ZIP file of several volumes")
	}
	if count > maxFiles {
		return nil, &PackageTooLarge{What: "entries", Limit: int64(maxFiles), Size: int64(count)}
	}
	if start+size != end {
		return nil, notZip("has bytes before its first or after its last file")
	}

	files := make([]zipFile, 0, count)
	at := start
	for range count {
		if at+46 > end || !bytes.HasPrefix(data[at:], []byte(directoryHeader)) {
			return nil, notZip("has a damaged directory")
		}
		name := at + 46
		next := name + int(u16(data, at+28)) + int(u16(data, at+30)) + int(u16(data, at+32))
		if next > end {
			return nil, notZip("has a damaged directory")
		}
		files = append(files, zipFile{
			name:       string(data[name : name+int(u16(data, at+28))]),
			flags:      u16(data, at+8),
			method:     u16(data, at+10),
			sums:       data[at+16 : at+28],
			attributes: binary.LittleEndian.Uint32(data[at+38:]),
			offset:     u32(data, at+42),
		})
		at = next
	}
	if at != end {
		return nil, notZip("has a directory that lists fewer files than it holds")
	}
	return files, findBodies(data[:start], files)
}

// findBodies walks the files in their order in data, which they must fill without gap or overlap.
func findBodies(data []byte, files []zipFile) error {
	order := make([]*zipFile, len(files))
	for i := range files {
		order[i] = &files[i]
	}
	slices.SortStableFunc(order, func(a, b *zipFile) int { return a.offset - b.offset })
	at := 0
	for _, f := range order {
		if f.offset != at {
			return notZip("has files that overlap, or bytes that belong to no file")
		}
		damaged := &InvalidPackage{Entry: f.name, Reason: "is not what the directory says of it"}
		if at+30 > len(data) || !bytes.HasPrefix(data[at:], []byte(localHeader)) {
			return damaged
		}
		name := at + 30
		body := name + int(u16(data, at+26)) + int(u16(data, at+28))
		if f.packed() > len(data)-body || u16(data, at+6) != f.flags || u16(data, at+8) != f.method ||
			string(data[name:name+int(u16(data, at+26))]) != f.name {
			return damaged
		}
		if f.flags&^knownFlags != 0 {
			return &InvalidPackage{Entry: f.name, Reason: "is encrypted or packed in an unknown way"}
		}
		at = body + f.packed()
		f.body = data[body:at:at]
		if f.flags&flagDescriptor == 0 {
			if !bytes.Equal(data[f.offset+14:f.offset+26], f.sums) {
				return damaged
			}
			continue
		}
		rest := data[at:]
		if signed := append([]byte(descriptor), f.sums...); bytes.HasPrefix(rest, signed) {
			at += len(signed)
		} else if bytes.HasPrefix(rest, f.sums) {
			at += len(f.sums)
		} else {
			return damaged
		}
	}
	if at != len(data) {
		return notZip("has bytes that belong to no file")
	}
	return nil
}

func notZip(reason string) *InvalidPackage { return &InvalidPackage{Reason: reason} }

func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }

// u32 reads a length or an offset. A value beyond 31 bits lies outside any archive in memory;
// clamped, it still does.
func u32(b []byte, at int) int { return int(min(binary.LittleEndian.Uint32(b[at:]), maxZipBytes)) }
