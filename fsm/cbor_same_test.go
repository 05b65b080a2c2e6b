package fsm

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/cbor"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	library "github.com/fxamacker/cbor/v2"
)

// everythingCoded is a value of every type that goes through package cbor.
func everythingCoded() (all []any) {
	for _, c := range commands {
		if c.make != nil {
			all = append(all, c.make())
		}
	}
	for _, o := range outcomes {
		if o != nil {
			all = append(all, o())
		}
	}
	for _, d := range history.EmptyData() {
		all = append(all, d)
	}
	return append(all, new(head), new(history.Turn), &history.Event{Data: new(history.WorkflowPaused)}, new(catalog.Package), new(catalog.Route),
		new(rows.Meta), new(rows.DeployRecord), new(rows.Job), new(rows.Lane), new(rows.Limits), new(rows.Node), new(rows.RemovedNode), new(rows.Readiness),
		new(rows.PinCounts), new(rows.Queue), new(rows.OwnerUse), new(rows.UnownedRequest), new(rows.Retention), new(rows.RunRow), new(rows.Run),
		new(rows.LogBlock), new(rows.Schedule), new(rows.ScheduleInput), new(rows.ScheduleRow), new(rows.Task), new(rows.Token), new(rows.Auth),
		new(rows.TrustedKey), new(rows.SignatureRule), new(rows.VersionSignatures))
}

// drawn fills v: a third of its fields stay zero, so that they are left out or written as such.
func drawn(r *rand.Rand, v reflect.Value, depth int) {
	if v.Type() == reflect.TypeFor[history.Event]() {
		kinds := history.EmptyData()
		data := kinds[r.IntN(len(kinds))]
		drawn(r, reflect.ValueOf(data).Elem(), depth+1)
		v.Set(reflect.ValueOf(history.Event{Seq: r.Uint64(), At: history.Time(r.Uint64()), Data: data}))
		return
	}
	if r.IntN(3) == 0 {
		return
	}
	length := [...]int{0, 1, 3, 23, 24, 300}[r.IntN(6)]
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 {
		length = r.IntN(3)
	}
	switch v.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		v.SetUint(r.Uint64() >> r.IntN(64) & (1<<(8*v.Type().Size()) - 1))
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		v.SetInt(int64(r.Uint64()) >> r.IntN(64) >> (64 - 8*v.Type().Size()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		b := make([]byte, length)
		for i := range b {
			b[i] = byte(r.Uint32()) // need not be UTF-8
		}
		v.SetString(string(b))
	case reflect.Pointer:
		if depth < 4 {
			v.Set(reflect.New(v.Type().Elem()))
			drawn(r, v.Elem(), depth+1)
		}
	case reflect.Slice:
		if depth < 6 {
			v.Set(reflect.MakeSlice(v.Type(), length, length))
		}
		for i := range v.Len() {
			drawn(r, v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			drawn(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			drawn(r, key, depth+1)
			drawn(r, value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				drawn(r, v.Field(i), depth+1)
			}
		}
	}
}

// The library's modes, as package cbor has them.
var (
	libraryWrites = func() library.EncMode { m, _ := library.CoreDetEncOptions().EncMode(); return m }()
	libraryReads  = func() library.DecMode {
		m, _ := library.DecOptions{
			DupMapKey: library.DupMapKeyEnforcedAPF, ExtraReturnErrors: library.ExtraDecErrorUnknownField,
			MaxArrayElements: 1 << 24, MaxMapPairs: 1 << 20, UTF8: library.UTF8DecodeInvalid,
		}.DecMode()
		return m
	}()
)

// sameRead reports what package cbor and the library make of b, if it is not the same.
func sameRead(t *testing.T, b []byte, typ reflect.Type) {
	t.Helper()
	ours, theirs := reflect.New(typ), reflect.New(typ)
	err, want := cbor.Read(b, ours.Interface()), libraryReads.Unmarshal(b, theirs.Interface())
	if (err == nil) != (want == nil) || err != nil && err.Error() != want.Error() {
		t.Fatalf("%s of %x: error %v, the library says %v", typ, b, err, want)
	}
	if want == nil && !reflect.DeepEqual(ours.Interface(), theirs.Interface()) {
		t.Fatalf("%s of %x is %+v, the library says %+v", typ, b, ours.Elem(), theirs.Elem())
	}
}

// TestPlansWriteAndReadAsTheLibrary: for values of every type that is stored or logged, and for
// their bytes with a mistake in them.
func TestPlansWriteAndReadAsTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, of := range everythingCoded() {
		typ := reflect.TypeOf(of).Elem()
		for range 300 {
			v := reflect.New(typ)
			for i := range 5 { // values that say something
				if drawn(r, v.Elem(), 0); i > 0 && !v.Elem().IsZero() {
					break
				}
			}
			got, err := cbor.Append([]byte("before"), v.Interface())
			if err != nil {
				t.Fatalf("%s %+v: %v", typ, v.Elem(), err)
			}
			want, err := libraryWrites.Marshal(v.Interface())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, append([]byte("before"), want...)) {
				t.Fatalf("%s %+v is written as\n%x, by the library as\n%x", typ, v.Elem(), got[len("before"):], want)
			}
			sameRead(t, want, typ)
			for range 10 {
				if spoilt := bytes.Clone(want); len(spoilt) > 0 {
					at := r.IntN(len(spoilt))
					switch r.IntN(3) {
					case 0:
						spoilt[at] = byte(r.Uint32())
					case 1:
						spoilt = append(spoilt[:at], spoilt[at+1:]...)
					default:
						spoilt = append(spoilt[:at], append([]byte{byte(r.Uint32())}, spoilt[at:]...)...)
					}
					sameRead(t, spoilt, typ)
				}
			}
		}
	}
}

// FuzzPlans reads what the fuzzer makes up.
func FuzzPlans(f *testing.F) {
	all := everythingCoded()
	for i, v := range all {
		b, err := libraryWrites.Marshal(v)
		if err == nil {
			f.Add(uint8(i), b)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		sameRead(t, b, reflect.TypeOf(all[int(which)%len(all)]).Elem())
	})
}

// TestHotTypesHavePlans: a field of a new sort sends its whole type through the library, which
// nobody would notice but by the time that it takes.
func TestHotTypesHavePlans(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, of := range []any{
		new(rows.RunRow), new(rows.Meta), new(rows.Queue), new(rows.Lane), new(rows.OwnerUse), new(rows.PinCounts), new(rows.Task), new(history.Turn), new(head),
		new(history.WorkflowCompleted), new(history.ActivityScheduled), new(history.ActivityStarted), new(history.ActivityCompleted), new(history.SignalReceived), new(history.TimerStarted),
		new(history.TimerFired), new(RecordTurn), new(CompleteTasks), new(LeaseTasks), new(SignalRun), new(FireTimers),
	} {
		drawn(r, reflect.ValueOf(of).Elem(), 0)
		if run, ok := of.(*rows.RunRow); ok {
			run.Run.Attributes = nil // a map, which the library writes
		}
		b := make([]byte, 0, 1<<20)
		if n := testing.AllocsPerRun(10, func() {
			if _, err := cbor.Append(b, of); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("writing a %T allocates %g times: it goes through the library", of, n)
		}
	}
}
