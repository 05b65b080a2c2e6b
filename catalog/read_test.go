package catalog_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

func TestOpen(t *testing.T) {
	data := write(t, order(func(m *catalog.Manifest) { m.Description, m.Labels = "Orders", map[string]string{"team": "a"} }), sources())
	a := open(t, data)
	if a.Manifest.Version != a.Version || a.Version.IsZero() {
		t.Errorf("version %s, manifest says %s", a.Version, a.Manifest.Version)
	}
	if len(a.Modules) != 2 || a.Modules[0].Name != "lib/refund.star" {
		t.Errorf("modules %v, want two in bytewise order", a.Modules)
	}
	for _, name := range []string{"order.star", "order", "lib/refund.star", "lib/refund"} {
		if _, ok := a.Module(name); !ok {
			t.Errorf("module %q not found", name)
		}
	}
	p := a.Package()
	if p.Members[0].Timeout != 72*3600e9 || p.Members[0].InputSchema.IsZero() || !p.Members[1].InputSchema.IsZero() || p.Description != "Orders" {
		t.Errorf("package %+v", p)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	if got, want := catalog.DeployedName("lib/refund", a.Version), "lib/refund$"+a.Version.String(); got != want {
		t.Errorf("deployed name %q, want %q", got, want)
	}
}

// Packages written by other tools, compressed and streamed, have the same version: it does not
// depend on the ZIP encoding.
func TestOpenForeignZip(t *testing.T) {
	data := write(t, order(), sources())
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		entries := unpack(t, data)
		for i := range entries {
			entries[i].header.Method = method
		}
		entries[0], entries[2] = entries[2], entries[0]
		if got, want := open(t, pack(t, entries)).Version, open(t, data).Version; got != want {
			t.Errorf("method %d: version %s, want %s", method, got, want)
		}
	}
}

func TestOpenRefusesFiles(t *testing.T) {
	add := func(name string) func([]entry) []entry {
		return func(e []entry) []entry { return append(e, entry{name: name, content: "x = 1\n"}) }
	}
	for _, tc := range []struct {
		name   string
		spoil  func([]entry) []entry
		reason string
	}{
		{"no manifest", func(e []entry) []entry { return e[1:] }, "no manifest.json"},
		{"nothing", func(e []entry) []entry { return nil }, "no manifest.json"},
		{"absolute name", add("/modules/a.star"), "absolute name"},
		{"drive", add("C:/a.star"), "absolute name"},
		{"dot dot", add("modules/../a.star"), `".." between slashes`},
		{"dot dot at the end", add("modules/.."), `".." between slashes`},
		{"dot", add("modules/./a.star"), `"." between slashes`},
		{"double slash", add("modules//a.star"), `"" between slashes`},
		{"folder", func(e []entry) []entry { return append(e, entry{name: "modules/lib2/"}) }, `"" between slashes`},
		{"backslash", add(`modules\a.star`), "backslash"},
		{"dollar", add("modules/a$b.star"), "'$'"},
		{"NUL", add("modules/a\x00.star"), "control character"},
		{"newline", add("modules/a\n.star"), "control character"},
		{"not UTF-8", add("modules/\xff.star"), "not valid UTF-8"},
		{"long name", add("modules/" + strings.Repeat("a", 243) + ".star"), "256 bytes, at most 255"},
		{"unknown file", add("README.md"), "neither manifest.json nor"},
		{"unknown extension", add("modules/a.py"), "extension must be"},
		{"no extension", add("modules/a"), "extension must be"},
		{"only an extension", add("modules/.star"), "empty name"},
		{"extension twice", add("modules/a.wasm.star"), "must not end in .wasm"},
		{"hidden", add("modules/lib/.a.star"), "starts with a dot"},
		{"upper-case extension", add("modules/a.STAR"), "extension must be"},
		{"wasm", add("modules/a.wasm"), "which abi 2 is the first to have"},
		{"same stem", add("modules/order.wasm"), "only in extension"},
		{"duplicate", add("modules/order.star"), "appears twice"},
		{"duplicate manifest", add("manifest.json"), "appears twice"},
		{"duplicate by case", add("modules/Order.star"), "only in letter case"},
		{"duplicate by Kelvin sign", func(e []entry) []entry {
			return append(e, entry{name: "modules/k.star"}, entry{name: "modules/\u212a.star"})
		}, "only in letter case"},
		{"manifest by case", add("Manifest.json"), "only in letter case"},
		{"host module", add("modules/aion.star"), "belongs to the host"},
		{"under the host", add("modules/aion/timers.star"), "belongs to the host"},
		{"under the host by case", add("modules/Aion/timers.star"), "belongs to the host"},
		{"link", func(e []entry) []entry {
			return append(e, entry{name: "modules/l.star", content: "/etc/passwd", header: zip.FileHeader{CreatorVersion: 3 << 8, ExternalAttrs: 0o120777 << 16}})
		}, "no regular file"},
		{"link of an unsaid system", func(e []entry) []entry {
			return append(e, entry{name: "modules/l.star", header: zip.FileHeader{ExternalAttrs: 0o120777 << 16}})
		}, "no regular file"},
		{"device", func(e []entry) []entry {
			return append(e, entry{name: "modules/d.star", header: zip.FileHeader{CreatorVersion: 3 << 8, ExternalAttrs: 0o020666 << 16}})
		}, "no regular file"},
		{"entry module missing", func(e []entry) []entry { return e[:2] }, `"order", but the package has no such module`},
		{"module changed", func(e []entry) []entry { e[1].content += "#"; return e }, "hashes to"},
		{"module added", add("modules/more.star"), "hashes to"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := pack(t, tc.spoil(unpack(t, write(t, order(), sources()))))
			_, err := catalog.Open(data, catalog.Limits{})
			refused(t, err, "invalid_package", tc.reason)
		})
	}
}

func TestOpenRefusesBytes(t *testing.T) {
	good := write(t, order(), sources())
	streamed := pack(t, unpack(t, good)) // stored, with descriptors
	at := func(sig string, nth, offset int, with ...byte) func([]byte) []byte {
		return func(b []byte) []byte {
			i := -1
			for range nth {
				i += 1 + bytes.Index(b[i+1:], []byte(sig))
			}
			copy(b[i+offset:], with)
			return b
		}
	}
	const local, dir, end = "PK\x03\x04", "PK\x01\x02", "PK\x05\x06"
	for _, tc := range []struct {
		name   string
		data   []byte
		spoil  func([]byte) []byte
		reason string
	}{
		{"empty", good, func([]byte) []byte { return nil }, "does not end as a ZIP"},
		{"text", good, func([]byte) []byte { return bytes.Repeat([]byte("no zip "), 10) }, "does not end as a ZIP"},
		{"cut off", good, func(b []byte) []byte { return b[:len(b)-1] }, "does not end as a ZIP"},
		{"trailing bytes", good, func(b []byte) []byte { return append(b, 0) }, "does not end as a ZIP"},
		{"trailing archive", good, func(b []byte) []byte { return append(b, good...) }, "before its first"},
		{"comment", good, func(b []byte) []byte { b[len(b)-2] = 2; return append(b, "hi"...) }, "does not end as a ZIP"},
		{"prepended bytes", good, func(b []byte) []byte { return append([]byte("#!/bin/sh\n"), b...) }, "before its first"},
		{"prepended bytes, offsets fixed", good, func(b []byte) []byte { return prepend(b, 10) }, "belong to no file"},
		{"several volumes", good, at(end, 1, 4, 1), "several volumes"},
		{"directory lists fewer", good, at(end, 1, 8, 2, 0, 2, 0), "fewer files"},
		{"directory lists more", good, at(end, 1, 8, 4, 0, 4, 0), "damaged directory"},
		{"directory name too long", good, at(dir, 3, 28, 0xff, 0xff), "damaged directory"},
		{"directory damaged", good, at(dir, 2, 0, 'X'), "damaged directory"},
		{"overlap", good, at(dir, 2, 42, 0, 0, 0, 0), "overlap"},
		{"local name differs", good, at(local, 2, 30, 'M'), "not what the directory says"},
		{"local header missing", good, at(local, 2, 0, 'X'), "not what the directory says"},
		{"local size differs", good, at(local, 2, 22, 0xff), "not what the directory says"},
		{"packed size outside", good, at(dir, 3, 20, 0xff, 0xff, 0xff, 0xff), "not what the directory says"},
		{"descriptor differs", streamed, at("PK\x07\x08", 2, 4, 1, 2, 3, 4), "not what the directory says"},
		{"encrypted", good, func(b []byte) []byte { return at(dir, 1, 8, 1)(at(local, 1, 6, 1)(b)) }, "encrypted"},
		{"unknown method", good, func(b []byte) []byte { return at(dir, 1, 10, 12)(at(local, 1, 8, 12)(b)) }, "method 12"},
		{"wrong checksum", good, func(b []byte) []byte { return at(dir, 1, 16, 1, 2, 3, 4)(at(local, 1, 14, 1, 2, 3, 4)(b)) }, "checksum is wrong"},
		{"content damaged", good, func(b []byte) []byte { b[bytes.Index(b, []byte("return"))] ^= 1; return b }, "checksum is wrong"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := catalog.Open(tc.spoil(bytes.Clone(tc.data)), catalog.Limits{})
			refused(t, err, "invalid_package", tc.reason)
		})
	}
}

// Bytes hidden after the end of a deflated stream are found even though size and checksum of the
// content are right.
func TestOpenRefusesBytesAfterDeflatedContent(t *testing.T) {
	data := repack(t, deflate(t, unpack(t, write(t, order(), sources()))), func(_ *zip.FileHeader, body []byte) []byte {
		return append(body, "hidden"...)
	})
	_, err := catalog.Open(data, catalog.Limits{})
	refused(t, err, "invalid_package", "6 bytes after its end")
}

func TestOpenLimits(t *testing.T) {
	big := append(sources(), catalog.Module{Name: "big.star", Source: bytes.Repeat([]byte("#"), 100_000)})
	stored := write(t, order(), big)
	entries := unpack(t, stored)
	packed := deflate(t, entries)
	lying := repack(t, packed, func(h *zip.FileHeader, body []byte) []byte {
		if h.Name == "modules/big.star" {
			h.UncompressedSize64 = 1
		}
		return body
	})
	fat := pack(t, []entry{{name: "manifest.json", content: strings.Repeat(" ", catalog.MaxManifestBytes+1), header: zip.FileHeader{Method: zip.Deflate}}})
	crowd := make([]entry, 10_001)
	for i := range crowd {
		crowd[i].name = fmt.Sprintf("modules/m%d.star", i)
	}
	for _, tc := range []struct {
		name   string
		data   []byte
		limits catalog.Limits
		what   string
		limit  int64
	}{
		{"archive", packed, catalog.Limits{MaxArchiveBytes: 100}, "archive_bytes", 100},
		{"inflated", packed, catalog.Limits{MaxInflatedBytes: 50_000}, "inflated_bytes", 50_000},
		{"inflated, declared as tiny", lying, catalog.Limits{MaxInflatedBytes: 50_000}, "inflated_bytes", 50_000},
		{"stored", stored, catalog.Limits{MaxInflatedBytes: 50_000}, "inflated_bytes", 50_000},
		{"by one byte", stored, catalog.Limits{MaxInflatedBytes: total(entries) - 1}, "inflated_bytes", total(entries) - 1},
		{"manifest within small limit", packed, catalog.Limits{MaxInflatedBytes: 10}, "inflated_bytes", 10},
		{"manifest", fat, catalog.Limits{}, "manifest_bytes", catalog.MaxManifestBytes},
		{"entries", packed, catalog.Limits{MaxEntries: 3}, "entries", 3},
		{"entries by default", pack(t, crowd), catalog.Limits{}, "entries", 10_000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := catalog.Open(tc.data, tc.limits)
			var tooLarge *catalog.PackageTooLarge
			if !errors.As(err, &tooLarge) {
				t.Fatalf("got %v, want *PackageTooLarge", err)
			}
			if tooLarge.What != tc.what || tooLarge.Limit != tc.limit || tooLarge.Size <= tc.limit || tooLarge.Code() != "package_too_large" {
				t.Errorf("got %+v", *tooLarge)
			}
			if tc.what == "inflated_bytes" && tooLarge.Size > tc.limit+100_000 {
				t.Errorf("read on to %d bytes", tooLarge.Size)
			}
		})
	}
	if _, err := catalog.Open(stored, catalog.Limits{MaxInflatedBytes: total(entries), MaxEntries: 4, MaxArchiveBytes: int64(len(stored))}); err != nil {
		t.Errorf("refused at its exact limits: %v", err)
	}
	_, err := catalog.Open(packed, catalog.Limits{MaxNameBytes: 20})
	refused(t, err, "invalid_package", "at most 20")
}

func total(entries []entry) (n int64) {
	for _, e := range entries {
		n += int64(len(e.content))
	}
	return n
}

// prepend puts n bytes before the first file and corrects all offsets, so that only accounting for
// every byte reveals them.
func prepend(b []byte, n int) []byte {
	out := append(bytes.Repeat([]byte{'#'}, n), b...)
	shift := func(at int) {
		binary.LittleEndian.PutUint32(out[at:], binary.LittleEndian.Uint32(out[at:])+uint32(n))
	}
	shift(len(out) - 22 + 16)
	for i := 0; i < len(out); i++ {
		if bytes.HasPrefix(out[i:], []byte("PK\x01\x02")) {
			shift(i + 42)
		}
	}
	return out
}

func refused(t *testing.T, err error, wantCode, reason string) {
	t.Helper()
	if got := code(err); got != wantCode {
		t.Fatalf("got code %q (%v), want %q", got, err, wantCode)
	}
	if !strings.Contains(err.Error(), reason) {
		t.Fatalf("got %q, want it to say %q", err, reason)
	}
}
