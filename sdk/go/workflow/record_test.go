package workflow

import (
	"math"
	"testing"
)

func TestRecords(t *testing.T) {
	r := newRecord().text(1, "charge").number(4, -5).float(22, 1.5).bytes(24, []byte("a")).bytes(24, nil)
	want := "\x01\x06\x00\x00\x00charge" + "\x04\x08\x00\x00\x00\xfb\xff\xff\xff\xff\xff\xff\xff" +
		"\x16\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf8\x3f" + "\x18\x01\x00\x00\x00a" + "\x18\x00\x00\x00\x00"
	if string(r) != want {
		t.Fatalf("got %q, want %q", r, want)
	}
	var numbers []byte
	for f, rest, ok := r.next(); ok; f, rest, ok = rest.next() {
		numbers = append(numbers, f.number)
		switch f.number {
		case 1:
			if string(f.value) != "charge" || f.int() != 0 {
				t.Errorf("field 1 is %q, %d", f.value, f.int())
			}
		case 4:
			if f.int() != -5 {
				t.Errorf("field 4 is %d", f.int())
			}
		case 22:
			if x := math.Float64frombits(uint64(f.int())); x != 1.5 {
				t.Errorf("field 22 is %g", x)
			}
		}
	}
	if string(numbers) != "\x01\x04\x16\x18\x18" {
		t.Errorf("fields %v", numbers)
	}
}

func TestRecordsThatAreCutOff(t *testing.T) {
	whole := newRecord().text(1, "charge").number(2, 7)
	for end := range whole {
		n := 0
		for f, rest, ok := whole[:end].next(); ok; f, rest, ok = rest.next() {
			if n++; f.number == 1 && string(f.value) != "charge" {
				t.Errorf("%d bytes: field 1 is %q", end, f.value)
			}
		}
		if want := map[bool]int{true: 1}[end >= 11]; n != want {
			t.Errorf("%d bytes have %d fields, want %d", end, n, want)
		}
	}
}
