package catalog

import (
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	stored   = 0
	deflated = 8
)

// budget sums the sizes of all files of one archive as they are read. It ignores declared sizes.
type budget struct {
	limit, spent int64
}

func (b *budget) spend(n int) error {
	if b.spent += int64(n); b.spent > b.limit {
		return &PackageTooLarge{What: "inflated_bytes", Limit: b.limit, Size: b.spent}
	}
	return nil
}

// inflate returns the contents of f, or stops one byte after the budget is spent. The contents of a
// stored file are a slice of the archive.
func (f *zipFile) inflate(b *budget) ([]byte, error) {
	content := f.body
	switch f.method {
	case stored:
	case deflated:
		packed := bytes.NewReader(f.body) // a ByteReader, so that flate does not read beyond its stream
		var out bytes.Buffer
		if _, err := io.Copy(&out, io.LimitReader(flate.NewReader(packed), b.limit-b.spent+1)); err != nil {
			return nil, &InvalidPackage{Entry: f.name, Reason: "cannot be inflated: " + err.Error()}
		}
		if int64(out.Len()) <= b.limit-b.spent && packed.Len() > 0 {
			return nil, &InvalidPackage{Entry: f.name, Reason: fmt.Sprintf("has %d bytes after its end", packed.Len())}
		}
		content = out.Bytes()
	default:
		return nil, &InvalidPackage{Entry: f.name, Reason: fmt.Sprintf("is packed with method %d; only stored and deflated are known", f.method)}
	}
	if err := b.spend(len(content)); err != nil {
		return nil, err
	}
	if int64(len(content)) != int64(f.size()) || crc32.ChecksumIEEE(content) != f.crc() {
		return nil, &InvalidPackage{Entry: f.name, Reason: "is damaged: its size or checksum is wrong"}
	}
	return content, nil
}

// inflateManifest is inflate with the manifest's own limit, and names that limit if it is exceeded.
func (f *zipFile) inflateManifest(b *budget) ([]byte, error) {
	own := &budget{limit: min(MaxManifestBytes, b.limit-b.spent)}
	content, err := f.inflate(own)
	if tooLarge, ok := err.(*PackageTooLarge); ok && own.limit == MaxManifestBytes {
		tooLarge.What = "manifest_bytes"
	}
	b.spent += own.spent
	return content, err
}
