package catalog_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"testing"

	"aion.dev/aion/catalog"
)

// order returns the manifest of a small package; edits change it before use.
func order(edits ...func(*catalog.Manifest)) catalog.Manifest {
	m := catalog.Manifest{
		Format: 1,
		ABI:    1,
		Workflows: []catalog.Workflow{
			{Type: "order", EntryModule: "order", EntryFunction: "run", Timeout: "72h", InputSchema: []byte(`{"type":"object"}`)},
			{Type: "refund", EntryModule: "lib/refund", EntryFunction: "run"},
		},
		Activities: []string{"charge_card", "ship"},
	}
	for _, edit := range edits {
		edit(&m)
	}
	return m
}

func sources() []catalog.Module {
	return []catalog.Module{
		{Name: "order.star", Source: []byte("def run(ctx, input): return input\n")},
		{Name: "lib/refund.star", Source: []byte("def run(ctx, input): return None\n")},
	}
}

func write(t testing.TB, m catalog.Manifest, modules []catalog.Module) []byte {
	t.Helper()
	data, err := catalog.Write(m, modules)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func open(t testing.TB, data []byte) *catalog.Archive {
	t.Helper()
	a, err := catalog.Open(data, catalog.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// entry is one file of an archive that is meant to be refused.
type entry struct {
	name, content string
	header        zip.FileHeader // Method and ExternalAttrs are used
}

// unpack lists the files of a valid archive, for a test to corrupt.
func unpack(t testing.TB, data []byte) []entry {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var entries []entry
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(rc); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry{name: f.Name, content: b.String()})
	}
	return entries
}

// pack writes entries like any ZIP tool: as a stream, with descriptors.
func pack(t testing.TB, entries []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := e.header
		h.Name = e.name
		f, err := w.CreateHeader(&h)
		if err != nil {
			t.Fatal(err)
		}
		if e.content == "" { // archive/zip refuses any write to a folder
			continue
		}
		if _, err := f.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// repack copies the files of an archive in compressed form, with headers and bodies edited.
func repack(t testing.TB, data []byte, edit func(h *zip.FileHeader, body []byte) []byte) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		raw, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(raw)
		if err != nil {
			t.Fatal(err)
		}
		h := f.FileHeader
		h.Flags = 0
		body = edit(&h, body)
		h.CompressedSize64 = uint64(len(body))
		f, err := w.CreateRaw(&h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// deflate packs entries compressed.
func deflate(t testing.TB, entries []entry) []byte {
	for i := range entries {
		entries[i].header.Method = zip.Deflate
	}
	return pack(t, entries)
}

// code returns the error code that users would see, or "".
func code(err error) string {
	var coded interface{ Code() string }
	if errors.As(err, &coded) {
		return coded.Code()
	}
	if err != nil {
		return "uncoded: " + err.Error()
	}
	return ""
}
