package backup

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"reflect"
	"testing"

	"aion.dev/aion/catalog"
)

// TestAFileIsReadAsItWasWritten, of the size that its header says, from any offset on.
func TestAFileIsReadAsItWasWritten(t *testing.T) {
	for name, sizes := range map[string][]int{
		"small": {10, 1, 5000}, "no archives": {4096}, "full blocks": {2 * BlockBytes, BlockBytes}, "one more": {BlockBytes + 1, BlockBytes - 1, BlockBytes + 1}, "no state": {0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			h, from := sample(sizes[0], sizes[1:]...)
			file := fileOf(t, h, from, 0)
			if size, err := h.Size(); err != nil || size != int64(len(file)) {
				t.Errorf("size %d, %v; the file has %d bytes", size, err, len(file))
			}
			got, back, err := readAll(file)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, h) || !bytes.Equal(back.state, from.state) || !maps.EqualFunc(back.archives, from.archives, bytes.Equal) {
				t.Errorf("header %+v, state of %d bytes, %d archives", got, len(back.state), len(back.archives))
			}
			for _, offset := range []int{1, preambleBytes, len(file) / 2, len(file) - 1, len(file)} {
				if rest := fileOf(t, h, from, int64(offset)); !bytes.Equal(rest, file[offset:]) {
					t.Errorf("from byte %d on the file is another one", offset)
				}
			}
		})
	}
}

// TestAnyFlippedBitIsFound, and any cut.
func TestAnyFlippedBitIsFound(t *testing.T) {
	h, from := sample(300, 100, 50)
	file := fileOf(t, h, from, 0)
	for at := range file {
		for bit := range 8 {
			bad := bytes.Clone(file)
			bad[at] ^= 1 << bit
			if _, _, err := readAll(bad); !damaged(err) {
				t.Fatalf("bit %d of byte %d flipped: %v", bit, at, err)
			}
		}
		if _, _, err := readAll(file[:at]); !damaged(err) {
			t.Fatalf("cut after %d of %d bytes: %v", at, len(file), err)
		}
	}
	if _, _, err := readAll(append(bytes.Clone(file), 0)); !damaged(err) {
		t.Errorf("one byte more: %v", err)
	}
}

// TestBlocksInAnotherOrderAreFound: each of them is sound, and so is each checksum but the last.
func TestBlocksInAnotherOrderAreFound(t *testing.T) {
	h, from := sample(3*BlockBytes, BlockBytes)
	file := fileOf(t, h, from, 0)
	var blocks [][]byte
	b, err := NewBlocks(bytes.NewReader(file))
	for err == nil {
		var one Block
		if one, err = b.Next(nil); err == nil {
			blocks = append(blocks, one.Raw)
		}
	}
	if !damaged(err) || len(blocks) != 6 {
		t.Fatalf("%d blocks, %v", len(blocks), err)
	}
	for name, order := range map[string][]int{"swapped": {0, 1, 3, 2, 4, 5}, "lost": {0, 1, 2, 4, 5}, "doubled": {0, 1, 2, 2, 3, 4, 5}, "lost header": {1, 2, 3, 4, 5}, "lost end": {0, 1, 2, 3, 4}} {
		bad := Preamble()
		for _, i := range order {
			bad = append(bad, blocks[i]...)
		}
		if _, _, err := readAll(bad); !damaged(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAForgedChecksumIsFoundByTheNextOne: archives by their own digests, all else by the last
// block.
func TestAForgedChecksumIsFoundByTheNextOne(t *testing.T) {
	h, from := sample(300, 100)
	for d := range from.archives {
		from.archives[d][5]++
	}
	if _, _, err := readAll(fileOf(t, h, from, 0)); !damaged(err) {
		t.Errorf("another archive: %v", err)
	}

	h, from = sample(300)
	file := fileOf(t, h, from, 0)
	end := len(file) - frameBytes - sumBytes
	from.state[7]++
	forged := append(fileOf(t, h, from, 0)[:end:end], file[end:]...)
	if _, _, err := readAll(forged); !damaged(err) {
		t.Errorf("another state: %v", err)
	}
}

// TestWriteRefusesWhatTheHeaderDoesNotSay, rather than make a file that cannot be read.
func TestWriteRefusesWhatTheHeaderDoesNotSay(t *testing.T) {
	for name, spoil := range map[string]func(*Header){
		"state": func(h *Header) { h.StateBytes++ }, "archive": func(h *Header) { h.Archives[0].Bytes++ }, "unknown archive": func(h *Header) { h.Archives[0].Digest = catalog.Digest{} },
	} {
		h, from := sample(300, 100)
		spoil(&h)
		if err := Write(t.Context(), io.Discard, h, from, 0); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// FuzzRead: whatever it is given, it ends with an error or with a file that is written the same.
func FuzzRead(f *testing.F) {
	for _, sizes := range [][]int{{300, 100}, {0}, {5000, 1, 1}} {
		h, from := sample(sizes[0], sizes[1:]...)
		file := fileOf(f, h, from, 0)
		f.Add(file)
		f.Add(file[:len(file)/2])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		h, back, err := readAll(file)
		if err != nil {
			if !damaged(err) {
				t.Fatal(err)
			}
			return
		}
		if size, err := h.Size(); err == nil && size == int64(len(file)) && !bytes.Equal(fileOf(t, h, back, 0), file) {
			t.Error("the same content is written in another way")
		}
	})
}

func damaged(err error) bool {
	_, is := errors.AsType[*Damaged](err)
	return is
}

// TestBlocksGoOnWhereverAReaderEnds: within a block too, so that connections which are cut before
// they have brought a whole one make progress.
func TestBlocksGoOnWhereverAReaderEnds(t *testing.T) {
	h, from := sample(3000, 500)
	file := fileOf(t, h, from, 0)
	blocks, err := NewBlocks(bytes.NewReader(file[:preambleBytes]))
	if err != nil {
		t.Fatal(err)
	}
	got, cuts := Preamble(), 0
	for last := false; !last; {
		b, err := blocks.Next(nil)
		if err != nil {
			if !damaged(err) || cuts > len(file) {
				t.Fatal(err)
			}
			cuts++
			at := int(blocks.Reached())
			blocks.Continue(bytes.NewReader(file[at:min(at+7, len(file))]))
			continue
		}
		got, last = append(got, b.Raw...), b.Last()
	}
	if !bytes.Equal(got, file) || cuts < len(file)/8 {
		t.Errorf("%d bytes of %d, after %d cuts", len(got), len(file), cuts)
	}
}
