package history

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/events.txt anew: only for types that are new")

// frozenSeq is the seq that a sample has on file: its place at first, and later, when numbers were
// no longer taken in order, the number of its type.
func frozenSeq(i int, typ Type) uint64 {
	switch {
	case typ == TypeWorkflowReset || typ == TypeParentReset:
		return uint64(typ) - 4
	case typ > TypeWorkflowBegan:
		return uint64(typ)
	}
	return uint64(i) + 1
}

// The bytes of events are frozen: logs, snapshots and backups hold them. A line may be added to
// testdata/events.txt, none may change.
func TestBytesAreFrozen(t *testing.T) {
	const file = "testdata/events.txt"
	var b strings.Builder
	for i, data := range samples() {
		event := Event{Seq: frozenSeq(i, data.Type()), At: 1767323045000000000, Data: data}
		bytes, err := AppendEvent(nil, event)
		if err != nil {
			t.Fatal(err)
		}
		text, err := event.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%d %s\n  %s\n  %s\n", data.Type(), data.Type(), hex.EncodeToString(bytes), text)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, wants := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(wants)) {
		if i >= len(got) || i >= len(wants) || got[i] != wants[i] {
			t.Fatalf("line %d of %s is no longer what events come to: entries and snapshots that exist could not be read", i+1, file)
		}
	}
}

// The bytes on file are read back as the samples.
func TestFrozenBytesAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/events.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i, data := range samples() {
		bytes, err := hex.DecodeString(strings.TrimSpace(lines[3*i+1]))
		if err != nil {
			t.Fatal(err)
		}
		e, err := DecodeEvent(bytes)
		if err != nil || !reflect.DeepEqual(e.Data, data) {
			t.Errorf("%s was read as %+v, %v", data.Type(), e.Data, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good, err := AppendEvent(nil, Event{Seq: 1, At: 2, Data: &TimerFired{ID: 3}})
	if err != nil {
		t.Fatal(err)
	}
	unknown := append([]byte{200}, good[1:]...)
	for name, c := range map[string]struct {
		bytes []byte
		want  string
	}{
		"nothing":          {nil, "shorter than its head"},
		"half a head":      {good[:10], "shorter than its head"},
		"no data":          {good[:eventHead], "decode TimerFired"},
		"cut data":         {good[:len(good)-1], "decode TimerFired"},
		"more than data":   {append(append([]byte{}, good...), 0), "decode TimerFired"},
		"unknown type":     {unknown, "event type 200 is not known to this build"},
		"type 0":           {append([]byte{0}, good[1:]...), "event type 0 is not known"},
		"unknown field":    {append(append([]byte{}, good[:eventHead]...), 0xa1, 0x18, 0x63, 0x01), "decode TimerFired"},
		"a field twice":    {append(append([]byte{}, good[:eventHead]...), 0xa2, 0x01, 0x03, 0x01, 0x04), "decode TimerFired"},
		"a huge allotment": {append(append([]byte{byte(TypeSignalReceived)}, good[1:eventHead]...), 0xa1, 0x02, 0x5b, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff), "decode SignalReceived"},
	} {
		if _, err := DecodeEvent(c.bytes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzDecodeEvent(f *testing.F) {
	for _, data := range samples() {
		b, err := AppendEvent(nil, Event{Seq: 1, At: 2, Data: data})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEvent(b)
		if err != nil {
			return
		}
		again, err := AppendEvent(nil, e)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", e, err)
		}
		back, err := DecodeEvent(again)
		if err != nil || back.Seq != e.Seq || back.At != e.At || back.Data.Type() != e.Data.Type() {
			t.Fatalf("%+v became %+v, %v", e, back, err)
		}
	})
}
