package history

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestWorkflowIDs(t *testing.T) {
	for _, id := range []string{"a", "order-1", "A.b_c:d@e-F9", strings.Repeat("x", MaxWorkflowID), DeriveRunID(RunID{}, "child", 1).String() + ":12"} {
		if err := CheckWorkflowID(id); err != nil {
			t.Error(err)
		}
	}
	for id, want := range map[string]string{"": "empty", ".a": "starts with a dot", "a b": "position 2", "a/b": "position 2", "ä": "character 'ä' at position 1", "aä日b": "character 'ä' at position 2", "a\xc3b": "byte 0xc3, which is no UTF-8, at position 2", strings.Repeat("ü", 150): "position 1",
		"a\ufffd": "character '\ufffd' at position 2", "a\x00": "position 2", strings.Repeat("x", MaxWorkflowID+1): "201 characters"} {
		if err := CheckWorkflowID(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", id, err, want)
		}
	}
}

// Equal values have one spelling, so that each finds the other.
func TestEqualAttributes(t *testing.T) {
	for want, equal := range map[string][]string{
		"0":     {"0", "-0", "0.0", "-0.0", "0e5", "-0e5", "-0.000", "1e-400", "-1e-400"},
		"1":     {"1", "1.0", "1e0", "10e-1"},
		"-1":    {"-1", "-1.0", "-10E-1"},
		"100":   {"100", "1e2", "1E+2", "100.000"},
		"0.5":   {"0.5", "5e-1", "0.50"},
		`"0"`:   {`"0"`, `"\u0030"`},
		"null":  {"null", ""},
		`["a"]`: {`["a"]`, ` [ "\u0061" ] `},
	} {
		for _, text := range equal {
			if got, err := CanonicalAttribute(Payload(text)); err != nil || string(got) != want {
				t.Errorf("%s is spelled %s, %v; want %s", text, got, err, want)
			}
		}
	}
}

// Durations that are only too long are told from what is none.
func TestBeyondDuration(t *testing.T) {
	for text, want := range map[string]bool{"9999999h": true, "-9999999h": true, "99999999999h1m": true, "100y": false, "": false, "99999999999": false, "h": false} {
		if got := BeyondDuration(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Derived ids are frozen: children and continued runs are found by them on every node.
func TestDerivedRunIDs(t *testing.T) {
	for _, c := range []struct {
		purpose string
		n       uint64
		want    string
	}{
		{"child", 1, "3a96d3b2-6b0c-8699-ba52-7a36e2c4fb36"}, {"child", 2, "5c36dc20-e26c-895c-9c00-a2187a960a28"}, {"continue", 1, "04faded7-5a83-8a51-af92-5062625fd707"},
	} {
		id := DeriveRunID(RunID{7}, c.purpose, c.n)
		if id.String() != c.want {
			t.Errorf("%s %d is %s, want %s", c.purpose, c.n, id, c.want)
		}
		if back, err := ParseRunID(id.String()); err != nil || back != id {
			t.Errorf("%s reads as %s, %v", id, back, err)
		}
		if id[6]>>4 != 8 || id[8]>>6 != 2 {
			t.Errorf("%s is no version 8 UUID", id)
		}
	}
	for _, s := range []string{"x", "07000000000000000000000000000000", "07000000-0000-0000-0000-00000000000g", "0700000-00000-0000-0000-000000000000"} {
		if _, err := ParseRunID(s); err == nil {
			t.Errorf("%q is a run id", s)
		}
	}
}

func TestTimesAndDurations(t *testing.T) {
	at := At(time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600)))
	b, err := json.Marshal(at)
	if err != nil || string(b) != `"2026-01-02T02:04:05.000000006Z"` {
		t.Errorf("%s, %v", b, err)
	}
	var back Time
	if err := json.Unmarshal(b, &back); err != nil || back != at {
		t.Errorf("%s reads as %s, %v", b, back, err)
	}
	if at.Add(time.Second).Sub(at) != time.Second {
		t.Error("a second later is not a second later")
	}
	for _, bad := range []string{"5", `""`, `"yesterday"`, `"2026-01-02"`, "null"} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil && bad != "null" {
			t.Errorf("%s is a time", bad)
		}
	}
	d := Duration(90 * time.Second)
	b, err = json.Marshal(d)
	if err != nil || string(b) != `"1m30s"` {
		t.Errorf("%s, %v", b, err)
	}
	var dback Duration
	if err := json.Unmarshal(b, &dback); err != nil || dback != d {
		t.Errorf("%s reads as %s, %v", b, dback, err)
	}
}

func TestPayloads(t *testing.T) {
	for p, valid := range map[string]bool{"": true, "null": true, `{"a":[1]}`: true, "{": false, "1 2": false} {
		if Payload(p).Valid() != valid {
			t.Errorf("%q is valid: %v", p, !valid)
		}
	}
	if b, err := json.Marshal(struct{ P Payload }{}); err != nil || string(b) != `{"P":null}` {
		t.Errorf("%s, %v", b, err)
	}
}

func TestAttributes(t *testing.T) {
	for in, want := range map[string]string{`"a"`: `"a"`, `"\u0061"`: `"a"`, "1": "1", "-0": "0", "1.50": "1.5", "1e2": "100", "12345678901234567890": "12345678901234567890", " true ": "true", `[ "a", "b" ]`: `["a","b"]`,
		"null": "null", "": "null", `"<&>"`: `"<&>"`,
		`"2026-01-02T05:04:05+02:00"`: `"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:05.120Z"`: `"2026-01-02T03:04:05.12Z"`, `["2026-01-02T05:04:05+02:00","x"]`: `["2026-01-02T03:04:05Z","x"]`,
		`"2026-01-02T05:04:05"`: `"2026-01-02T05:04:05"`, `"2026-01-02 05:04:05Z"`: `"2026-01-02 05:04:05Z"`, `"2026-01-02T05:04:05,5Z"`: `"2026-01-02T05:04:05,5Z"`,
		`"9999-12-31T23:59:59-01:00"`: `"9999-12-31T23:59:59-01:00"`, `"0000-01-01T00:00:00+01:00"`: `"0000-01-01T00:00:00+01:00"`} {
		got, err := CanonicalAttribute(Payload(in))
		if again, _ := CanonicalAttribute(got); string(again) != string(got) {
			t.Errorf("%s is spelled %s, and then %s", in, got, again)
		}
		if err != nil || string(got) != want {
			t.Errorf("%s is spelled %s, %v, want %s", in, got, err, want)
		}
	}
	for in, want := range map[string]string{"{}": "neither a string", "[1]": "something other than strings", "1e999": "no finite", "x": "no JSON", "1 2": "no JSON", `"` + strings.Repeat("x", MaxAttributeBytes) + `"`: "the limit is 4096",
		"\"\xff\"": "no JSON", "[" + strings.Repeat(`"x",`, MaxAttributeItems) + `"x"]`: "101 items, the limit is 100"} {
		if _, err := CanonicalAttribute(Payload(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", in, err, want)
		}
	}
	for name, ok := range map[string]bool{"a": true, "": false, strings.Repeat("ä", 100): true, strings.Repeat("a", 101): false, "\xff": false} {
		if err := CheckAttributeName(name); (err == nil) != ok {
			t.Errorf("%.20q: %v", name, err)
		}
	}
}

func TestAttributesSize(t *testing.T) {
	set := Attributes{}
	for i := range MaxAttributes {
		set[strings.Repeat("n", i+1)] = Payload("1")
	}
	if err := CheckAttributesSize(set); err != nil {
		t.Error(err)
	}
	set["one more"] = Payload("1")
	if err := CheckAttributesSize(set); err == nil || !strings.Contains(err.Error(), "101 names, the limit is 100") {
		t.Error(err)
	}
	if err := CheckAttributesSize(Attributes{"k": Payload(strings.Repeat("x", MaxAttributesBytes))}); err == nil || !strings.Contains(err.Error(), "32769 bytes") {
		t.Error(err)
	}
}

// What code asked for does not depend on what the state machine fills in.
func TestAsked(t *testing.T) {
	for _, full := range samples() {
		b, err := AppendEvent(nil, Event{Data: full})
		if err != nil {
			t.Fatal(err)
		}
		asked := Asked(full)
		if again, _ := AppendEvent(nil, Event{Data: full}); string(again) != string(b) {
			t.Errorf("%s was changed", full.Type())
		}
		switch a := asked.(type) {
		case *TimerStarted:
			if a.FireAt != 0 || a.ID == 0 {
				t.Errorf("asked is %+v", a)
			}
		case *ChildWorkflowStarted:
			if !a.RunID.IsZero() || !a.Version.IsZero() || a.WorkflowID == "" {
				t.Errorf("asked is %+v", a)
			}
		case *WorkflowFailed:
			again := *a
			if again.NewRunID = (RunID{1}); !Asked(&again).(*WorkflowFailed).NewRunID.IsZero() || a.Error.Kind == "" {
				t.Errorf("asked is %+v", a)
			}
		case *WorkflowContinuedAsNew:
			if !a.NewRunID.IsZero() || !a.Version.IsZero() || !a.Same {
				t.Errorf("asked is %+v", a)
			}
		case *CancelSent:
			if a.Error != nil || a.Reason == "" {
				t.Errorf("asked is %+v", a)
			}
		case *ResultAwaited:
			if !a.RunID.IsZero() || a.WorkflowID == "" {
				t.Errorf("asked is %+v", a)
			}
		case *SignalSent:
			if a.Error != nil || a.Name == "" {
				t.Errorf("asked is %+v", a)
			}
		default:
			if asked != full {
				t.Errorf("%s has no part that the state machine fills in", full.Type())
			}
		}
	}
}

// TestSpeltRunID: a text is that of a run id exactly if the id's own text is the same.
func TestSpeltRunID(t *testing.T) {
	const right = "01890b5c-7f3e-7d52-b3a4-0123456789ab"
	for _, s := range []string{right, "", "order-1", right + "0", right[:35], strings.ToUpper(right), strings.Replace(right, "-", "0", 1), strings.Replace(right, "5c-7", "5-c7", 1),
		strings.Replace(right, "ab", "g0", 1), strings.Replace(right, "ab", "/0", 1), "00000000-0000-0000-0000-000000000000"} {
		want, err := ParseRunID(s)
		got, ok := SpeltRunID(s)
		if spelt := err == nil && want.String() == s; ok != spelt || ok && got != want || !ok && got != (RunID{}) {
			t.Errorf("%q is %s, %v, want %s, %v", s, got, ok, want, spelt)
		}
	}
}
