package fsm

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

var golden = flag.Bool("golden", false, "write testdata anew instead of comparing with it: only for kinds and fields that no release wrote")

// everyCommand is one of each kind with every field set.
func everyCommand() []Command {
	run, ref := history.RunID{1, 2, 3}, RunRef{WorkflowID: "order-1", RunID: history.RunID{1, 2, 3}}
	return append([]Command{
		&LoadPackage{
			Package: catalog.Package{
				Version: versionOf("v1"), Blob: catalog.Digest{1}, ManifestDigest: catalog.Digest{2}, Description: "Orders.", Labels: map[string]string{"b": "2", "a": "1"},
				Members: []catalog.Member{{Type: "order", EntryModule: "order", EntryFunction: "run", Timeout: 1e9, InputSchema: catalog.Digest{3}}}, LoadedAt: 5, LoadedIndex: 6,
			},
			Route: true, Expect: []catalog.Expect{{Type: "order", Ref: "none"}}, Message: "first",
		},
		&RouteType{Type: "order", Version: "abcdef", Expect: "none", Message: "go"},
		&UnrouteType{Type: "order", Expect: "abcdef", Message: "stop"},
		&RollbackType{Type: "order", Expect: "abcdef", Message: "back"},
		&UnloadVersion{Type: "order", Version: "abcdef", Message: "bye"},
		&StartRun{
			WorkflowID: "order-1", RunID: run, Type: "order", Version: "abcdef", Input: history.Payload(`{"id":1}`), Attributes: history.Attributes{"b": history.Payload("2"), "a": history.Payload("1")},
			Timeout: 1e9, CheckedSchema: catalog.Digest{3},
		},
		&SignalRun{Run: ref, Name: "go", Payload: history.Payload("1"), MaxWaiting: 10},
		&RecordTurn{
			RunID: run, N: 1, Through: 1, Consumed: 2, Limits: rows.RunLimits{Events: 1, HistoryBytes: 2, Signals: 3}, Waiting: []history.Wait{{Kind: "timer", ID: 1, Name: "x"}},
			Asked: []history.Event{
				{Data: &history.TimerStarted{ID: 1, Duration: 5, Signal: "go"}}, {Data: &history.TimerCancelled{ID: 1}}, {Data: &history.AttributesUpdated{Attributes: history.Attributes{"a": nil}}},
				{Data: &history.ActivityScheduled{ID: 2, Activity: "charge", Queue: "default", Input: history.Payload("1"), Retry: &history.Retry{MaxAttempts: 5, Backoff: 1, Factor: 2.5, MaxBackoff: 9, NonRetryable: []string{"x"}}, Timeout: 1, Heartbeat: 2, ScheduleTimeout: 3}},
				{Data: &history.ActivityCancelled{ID: 2}}, {Data: &history.SignalSent{WorkflowID: "b", Name: "n", Payload: history.Payload("1")}},
				{Data: &history.ChildWorkflowStarted{ID: 3, WorkflowID: "c", WorkflowType: "ship", Input: history.Payload("1"), OnClose: history.CloseAbandon, Choice: history.ChildRouted}},
				{Data: &history.ChildWorkflowCancelled{ID: 3, Asked: true}}, {Data: &history.WorkflowContinuedAsNew{Input: history.Payload("1"), Same: true, Carry: []uint64{2}}},
			},
		},
		&CancelRun{Run: ref, Reason: "enough"},
		&TerminateRun{Run: ref, Reason: "enough"},
		&PauseRun{Run: ref, Reason: "lunch", Quarantined: true, Turn: 3},
		&ResumeRun{Run: ref},
		&AnnounceNode{Node: rows.Node{ID: "n1", RaftAddress: "a:1", HTTPAddress: "a:2", Version: "1.0", AnnouncedAt: 3, Digest: catalog.Digest{4}, DigestIndex: 5}, ClusterID: "c1"},
		&RemoveNode{ID: "n1"},
		&ReportReady{Node: "n1", Version: versionOf("v1"), Ready: true, Problem: "disk"},
		&ReportDigest{Node: "n1", Index: 5, Digest: catalog.Digest{4}},
		&AnnounceLeader{Node: "n1", Term: 3},
		&Check{Leader: "n1"},
	}, slices.Concat(taskCommands(), reopenCommands(), scheduleCommands(), retentionCommands(), limitsCommands(), []Command{&Continue{Job: 7}, &ConfirmTime{At: 1_795_867_200_000_000_000}, &RaiseLevel{Level: 1}}, versionCommands(),
		[]Command{&Deploy{
			Changes: []Change{
				{Load: &LoadPackage{Package: pack("v1", "order"), Route: true, Message: "m"}}, {Route: &RouteType{Type: "order", Version: "abcdef"}}, {Unroute: &UnrouteType{Type: "order"}},
				{Unload: &UnloadVersion{Type: "order", Version: "abcdef"}}, {Schedule: &PutSchedule{Schedule: rows.Schedule{ID: "s", Type: "order"}, Apart: true}},
			},
			Expect: []catalog.Expect{{Type: "order", Ref: "none"}}, Message: "m",
		}, &StartPackage{
			Package: pack("v1", "order"), Start: StartRun{WorkflowID: "order-1", RunID: run, Type: "order", Input: history.Payload("1"), Timeout: 1e9},
			Ephemeral: true, Bytes: 9, Owner: "ci", Allowed: &Allowance{Versions: 2, Bytes: 1 << 20},
		}}, moveCommands(), memberCommands(), []Command{&Refound{ClusterID: "c2"}}, tokenCommands(), policyCommands(),
		[]Command{&UpdateRun{Run: ref, ID: "u1", Name: "set", Args: history.Payload("1"), MaxWaiting: 10, Turns: 2, Events: 5}}, namespaceCommands(), []Command{&TakeOrdered{}}, batchCommands(), taskLaterCommands(), stopCommands(), resetCommands(), namespaceChanges(), []Command{new(NoteCall)})...)
}

func TestRemovedForeverIsAnEntryOfItsOwn(t *testing.T) {
	old, err := EncodeEnvelope(Envelope{Command: &RemoveNode{ID: "n1"}})
	if err != nil {
		t.Fatal(err)
	}
	now, err := EncodeEnvelope(Envelope{Command: &RemoveNode{ID: "n1", Forever: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bytes []byte
		hex   string
		want  bool
	}{{old, "0f00a101626e31", false}, {now, "0f00a201626e3102f5", true}} {
		if got := hex.EncodeToString(c.bytes); got != c.hex {
			t.Errorf("forever %v is written as %s, want %s", c.want, got, c.hex)
		}
		e, err := DecodeEnvelope(c.bytes)
		if err != nil || e.Command.(*RemoveNode).Forever != c.want {
			t.Errorf("%s is read as %+v, %v", c.hex, e.Command, err)
		}
	}
}

func TestTurnsNameTheirRules(t *testing.T) {
	for _, c := range []struct {
		command Command
		hex     string
	}{
		{&RecordTurn{N: 2, Through: 1, Cut: true, Rules: 1, Waits: 3}, "0800a70150000000000000000000000000000000000202030107a301000200030008f509010a03"},
		{&CancelRun{Run: RunRef{WorkflowID: "a"}, Tell: true}, "0a00a201a101616103f5"},
		{&StartRun{WorkflowID: "a", Type: "order", Options: &StartOptions{
			Signal: &StartSignal{Name: "go", Payload: history.Payload("1"), MaxWaiting: 10}, IfOpen: OpenTerminate, IfClosed: ClosedFailedOnly, Delay: 1e9,
		}}, "0600a401616102500000000000000000000000000000000003656f7264657209a401a30162676f024131030a02030301041a3b9aca00"},
		{&RecordTurn{N: 2, Asked: []history.Event{{Data: &history.ActivityCancelRequested{ID: 1}}, {Data: &history.ChildWorkflowStarted{ID: 2, OnCancel: history.CancelIgnore}}}, Rules: 3},
			"0800a6015000000000000000000000000000000000020203000482541e00000000000000000000000000000000a10101581a1700000000000000000000000000000000a4010202600360090207a30100020003000903"},
		{&ReopenRun{Events: 9, Again: []Again{{ID: 1, Seq: 2, Asked: true}}, ForgetCancel: true}, "1a00a401a1016003090681a30101020203f509f5"},
	} {
		b, err := EncodeEnvelope(Envelope{Command: c.command})
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(b); got != c.hex {
			t.Errorf("%+v is written as %s, want %s", c.command, got, c.hex)
		}
		if e, err := DecodeEnvelope(b); err != nil || !reflect.DeepEqual(e.Command, c.command) {
			t.Errorf("%s is read as %+v, %v", c.hex, e.Command, err)
		}
	}
}

// TestGoldenEntries freezes the bytes of every command: what an old node wrote to the log, this one
// reads and would write again.
func TestGoldenEntries(t *testing.T) {
	all := everyCommand()
	there := 0
	for _, c := range commands {
		if c.make != nil {
			there++
		}
	}
	if len(all) != there {
		t.Fatalf("%d commands are tested, there are %d", len(all), there)
	}
	var lines strings.Builder
	for i, c := range all {
		e := Envelope{Command: c}
		if i%2 == 0 {
			e.Actor, e.Request = "ann", &Request{ID: "r1", Print: catalog.Digest{7}, Short: i%4 == 0}
		}
		if c.Kind() == KindSetLimits { // builds that know it know owners too
			e.Actor, e.Request = "ann", &Request{ID: "r1", Print: catalog.Digest{7}, Owner: "ci"}
		}
		if c.Kind() == KindBootstrap { // builds that know it know scopes too
			e.Only = &Scope{Types: []string{"order", ""}, Queues: []string{"fast"}}
		}
		b, err := EncodeEntry(Entry{At: 1_700_000_000e9, Commands: []Envelope{e}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "%s %x\n", c.Kind(), b)
		back, err := DecodeEntry(b)
		if err != nil {
			t.Fatalf("%s: %v", c.Kind(), err)
		}
		if !reflect.DeepEqual(back.Commands[0], e) {
			t.Errorf("%s: read back %+v, wrote %+v", c.Kind(), back.Commands[0], e)
		}
	}
	const path = "testdata/entries.golden"
	if *golden {
		if err := os.WriteFile(path, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != lines.String() {
		t.Errorf("the bytes of entries have changed: nodes of another build would not read them.\ngot:\n%swant:\n%s", lines.String(), want)
	}
}

// TestOutcomesRoundTrip: whatever a request can end with is remembered as it was.
func TestOutcomesRoundTrip(t *testing.T) {
	seen := 0
	for kind, make := range outcomes {
		if make == nil {
			continue
		}
		seen++
		v := make()
		if got := outcomeKind(v); int(got) != kind {
			t.Errorf("%T has number %d, its row says %d", v, got, kind)
		}
		fill(reflect.ValueOf(v).Elem())
		var r Result
		switch v := v.(type) {
		case Answer:
			r.Answer = v
		case Refusal:
			r.Refusal = v
			if v.Code() == "" || v.Error() == "" {
				t.Errorf("%T says nothing", v)
			}
			v.Facts()
		default:
			t.Fatalf("%T is neither answer nor refusal", v)
		}
		back, err := decodeOutcome(encodeOutcome(r))
		if err != nil {
			t.Errorf("%T: %v", v, err)
		} else if !bytes.Equal(encodeOutcome(back), encodeOutcome(r)) {
			t.Errorf("%T: %+v came back as %+v", v, r, back)
		}
	}
	if seen != 67 {
		t.Errorf("%d outcomes are tested", seen)
	}
	for _, bad := range [][]byte{nil, {0}, {255}, {1, 0xff}} {
		if _, err := decodeOutcome(bad); err == nil {
			t.Errorf("outcome %x was read", bad)
		}
	}
}

// fill sets every field to something other than zero.
func fill(v reflect.Value) {
	if !v.CanSet() { // not stored
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(3)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Slice:
		if v.Type().Elem() == reflect.TypeFor[history.Event]() {
			v.Set(reflect.ValueOf([]history.Event{{Seq: 2, At: 3, Data: &history.TimerFired{ID: 1}}}))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() { // others are not written
				fill(f)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	}
}

// TestUnreadableEntry: one command that cannot be read makes the whole entry fail, before anything
// is applied, with an error naming index and kind.
func TestUnreadableEntry(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	sum, err := w.s.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	good, err := EncodeEnvelope(Envelope{Command: &StartRun{WorkflowID: "a", RunID: w.mint(), Type: "order"}})
	if err != nil {
		t.Fatal(err)
	}
	unknownField := []byte{byte(KindCancelRun), 0, 0xa1, 0x18, 0x32, 0x01}
	for name, tt := range map[string]struct {
		entry []byte
		want  string
	}{
		"nothing":         {nil, "entry 2"},
		"unknown format":  {[]byte{9, 0, 0, 0, 0, 0, 0, 0, 0}, "format 9"},
		"unknown kind":    {EntryOf(1, [][]byte{good, {200, 0, 0xa0}}), "command kind 200"},
		"zero kind":       {EntryOf(1, [][]byte{good, {0, 0, 0xa0}}), "command kind 0"},
		"no CBOR":         {EntryOf(1, [][]byte{good, {byte(KindSignalRun), 0, 0xff}}), "SignalRun"},
		"unknown field":   {EntryOf(1, [][]byte{good, unknownField}), "CancelRun"},
		"trailing bytes":  {EntryOf(1, [][]byte{append(bytes.Clone(good), 0)}), "StartRun"},
		"head cut off":    {EntryOf(1, [][]byte{good, {byte(KindSignalRun), 9}}), "SignalRun"},
		"command cut off": {append(EntryOf(1, [][]byte{good}), 50, 1), "command 2 is cut off"},
		"empty command":   {append(EntryOf(1, [][]byte{good}), 0), "command 2 is cut off"},
		"unknown event":   {EntryOf(1, [][]byte{good, append([]byte{byte(KindRecordTurn), 0}, "\xa1\x04\x81\x54\xc8"+strings.Repeat("\x00", 17)+"\xa0"...)}), "RecordTurn"},
		"too many":        {EntryOf(1, slicesOf(good, MaxEntryCommands+1)), "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.s.Apply(2, tt.entry)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "entry 2") {
				t.Fatalf("got %v, want an error naming entry 2 and %q", err, tt.want)
			}
			if got, err := w.s.Checksum(); err != nil || got != sum || w.s.Applied() != 1 {
				t.Errorf("the state changed: %v", err)
			}
		})
	}
	if r, err := w.s.Apply(2, EntryOf(1, [][]byte{good})); err != nil || r[0].Refusal != nil {
		t.Errorf("a good entry after bad ones: %v %v", r, err)
	}
	if r, err := w.s.Apply(2, EntryOf(1, [][]byte{good})); err != nil || r != nil {
		t.Errorf("an applied index again: %v %v", r, err)
	}
}

func slicesOf(b []byte, n int) (list [][]byte) {
	for range n {
		list = append(list, b)
	}
	return list
}

// TestNotUTF8: a text that is not UTF-8 goes through the log like any other. Were it refused on
// reading, one request would stop every node.
func TestNotUTF8(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true, Message: "\xff\xfe"})
	w.start("a", "order")
	w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "\xff", MaxWaiting: 1})
	w.turn("a", &history.SignalSent{WorkflowID: "\xff", Name: "\x80"}, &history.ChildWorkflowStarted{ID: 1, WorkflowID: "\xff", WorkflowType: "order"})
	w.propose(Envelope{Actor: "\xff", Request: &Request{ID: "\xff"}, Command: &CancelRun{Run: RunRef{WorkflowID: "\xff"}, Reason: "\xff"}})
	w.propose(Envelope{Command: &RouteType{Type: "\xff", Version: "\xff"}})
	if got := len(w.history(w.latest("a").RunID)); got != 4 {
		t.Errorf("%d events", got)
	}
	w.checkReplays()
}

func FuzzDecodeEntry(f *testing.F) {
	for _, c := range everyCommand() {
		b, err := EncodeEntry(Entry{At: 5, Commands: []Envelope{{Command: c}, {Actor: "a", Request: &Request{ID: "r"}, Command: c}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEntry(b)
		if err != nil {
			return
		}
		again, err := EncodeEntry(e)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", e, err)
		}
		back, err := DecodeEntry(again)
		if err != nil {
			t.Fatalf("%+v was written and cannot be read: %v", e, err)
		}
		if third, err := EncodeEntry(back); err != nil || !bytes.Equal(again, third) {
			t.Fatalf("written twice, it differs: %x, %x, %v", again, third, err)
		}
		s, err := Open(Config{Dir: "state", FS: vfs.NewMem(), CacheBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		seed, err := EncodeEntry(Entry{At: 1, Commands: []Envelope{
			{Command: &LoadPackage{Package: pack("v1", "order"), Route: true}},
			{Command: &StartRun{WorkflowID: "order-1", RunID: history.RunID{1, 2, 3}, Type: "order"}},
			{Command: &AnnounceNode{Node: rows.Node{ID: "n1"}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range [][]byte{seed, b, b} {
			if _, err := s.Apply(uint64(i+1), b); err != nil {
				t.Fatal(err)
			}
		}
		if err := Audit(s); err != nil {
			t.Fatal(err)
		}
	})
}
