package blobs

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"aion.dev/aion/catalog"
)

// Many archives carry the same large file, byte for byte: an interpreter, or a module that a deploy
// has not changed. Such a part is kept once, in a file of its own under parts/, and the file of an
// archive is folded: it says which parts stand where, and has the rest. Only this file knows how;
// who reads an archive gets its bytes, verified as a whole.
//
//	"aion/folded/1\n" | size of the archive u64 | number of parts u32
//	{ offset in the archive u64 | size u64 | SHA-256 }* | all other bytes, in order
//
// Numbers are big-endian; parts are in the order of their offsets.

const (
	foldedHead = "aion/folded/1\n"
	partsDir   = "parts"
	partBytes  = 128 << 10 // a smaller file is not worth one of its own
)

// part is where the bytes of a part stand in an archive.
type part struct {
	at, size int64
	digest   catalog.Digest
}

const partHead = 8 + 8 + sha256.Size

// partsOf finds the parts of an archive. What is no archive has none: its bytes are kept as they
// are.
func partsOf(archive io.ReaderAt, size int64) (parts []part, err error) {
	z, err := zip.NewReader(archive, size)
	if err != nil {
		return nil, nil
	}
	end := int64(0)
	for _, f := range z.File {
		at, err := f.DataOffset()
		n := int64(f.CompressedSize64)
		if err != nil || f.Method != zip.Store || n < partBytes || at < end || n > size-at {
			continue
		}
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(archive, at, n)); err != nil {
			return nil, err
		}
		parts = append(parts, part{at, n, catalog.Digest(h.Sum(nil))})
		end = at + n
	}
	return parts, nil
}

// looksFolded reports whether an archive itself begins like the file of a folded one. Such a one is
// folded even without parts, so that a file which begins like that always is a folded archive.
func looksFolded(archive io.ReaderAt) bool {
	head := make([]byte, len(foldedHead))
	n, _ := archive.ReadAt(head, 0)
	return string(head[:n]) == foldedHead
}

// fold writes the folded form of an archive.
func fold(w io.Writer, archive io.ReaderAt, size int64, parts []part) error {
	head := binary.BigEndian.AppendUint64([]byte(foldedHead), uint64(size))
	head = binary.BigEndian.AppendUint32(head, uint32(len(parts)))
	for _, p := range parts {
		head = binary.BigEndian.AppendUint64(head, uint64(p.at))
		head = binary.BigEndian.AppendUint64(head, uint64(p.size))
		head = append(head, p.digest[:]...)
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	from := int64(0)
	for _, p := range append(parts[:len(parts):len(parts)], part{at: size}) {
		if _, err := io.Copy(w, io.NewSectionReader(archive, from, p.at-from)); err != nil {
			return err
		}
		from = p.at + p.size
	}
	return nil
}

var errFolded = errors.New("it is no folded archive")

// unfoldHead reads what stands before the rest of a folded archive; errFolded if it is none.
func unfoldHead(r io.Reader) (size int64, parts []part, err error) {
	head := make([]byte, len(foldedHead)+8+4)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:len(foldedHead)]) != foldedHead {
		return 0, nil, errFolded
	}
	head = head[len(foldedHead):]
	size = int64(binary.BigEndian.Uint64(head))
	end, p := int64(0), make([]byte, partHead)
	for range binary.BigEndian.Uint32(head[8:]) {
		if _, err := io.ReadFull(r, p); err != nil {
			return 0, nil, errFolded
		}
		next := part{int64(binary.BigEndian.Uint64(p)), int64(binary.BigEndian.Uint64(p[8:])), catalog.Digest(p[16:])}
		if next.at < end || next.size < 0 || next.at > size || next.size > size-next.at {
			return 0, nil, errFolded
		}
		parts, end = append(parts, next), next.at+next.size
	}
	return size, parts, nil
}

// unfold puts an archive together. The caller verifies its hash.
func unfold(dir string, folded []byte) ([]byte, error) {
	rest := bytes.NewReader(folded)
	size, parts, err := unfoldHead(rest)
	if err != nil {
		return nil, err
	}
	if kept := int64(rest.Len()); kept > size { // before memory is taken for size
		return nil, errFolded
	}
	var archive []byte
	for _, p := range append(parts, part{at: size}) {
		literal := p.at - int64(len(archive))
		if literal > int64(rest.Len()) {
			return nil, errFolded
		}
		archive = append(archive, folded[len(folded)-rest.Len():][:literal]...)
		rest.Seek(literal, io.SeekCurrent)
		if p.size == 0 {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, partsDir, p.digest.String()))
		if err != nil {
			return nil, err
		}
		if int64(len(b)) != p.size {
			return nil, fmt.Errorf("part %s has %d bytes, not %d", p.digest, len(b), p.size)
		}
		archive = append(archive, b...)
	}
	return archive, nil
}

// readArchive reads an archive, whose bytes hash to d, and its file; *BadBlob if the file does not
// make up that archive.
func readArchive(dir string, d catalog.Digest) (archive, file []byte, err error) {
	if file, err = os.ReadFile(filepath.Join(dir, d.String())); err != nil {
		return nil, nil, err
	}
	got := catalog.Digest(sha256.Sum256(file))
	if got == d {
		return file, file, nil
	}
	archive, err = unfold(dir, file)
	if err == nil {
		if got = sha256.Sum256(archive); got == d {
			return archive, file, nil
		}
	} else if errors.As(err, new(*fs.PathError)) && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err // a part cannot be read now, which is no damage
	}
	return nil, file, &BadBlob{d, got}
}
