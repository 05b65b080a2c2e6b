package transport

import (
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// TestQuota: rates are kept over time, bursts have a second's worth, and a debt of bytes is waited
// for.
func TestQuota(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var all quotas
	k := &rows.Token{Name: "ci", Serial: 7, Rates: rows.TokenRates{Calls: 10, Bytes: 1000, Waits: 2}}
	q := all.ofToken(k, now)
	if all.ofToken(k, now) != q || all.ofToken(&rows.Token{Name: "free", Serial: 8}, now) != nil {
		t.Fatal("a token has two quotas, or one without rates has one")
	}
	refused := func(waits bool, what string, after int) {
		t.Helper()
		_, err := q.begin(waits, now)
		p := wire.Of(err)
		var got int
		if err == nil || p.Code != "resource_exhausted" || !strings.Contains(p.Detail, what) || !p.Fact(retryAfter, &got) || got != after {
			t.Fatalf("%v, want %s in %d s; got %d", err, what, after, got)
		}
	}
	let := func(waits bool) func() {
		t.Helper()
		end, err := q.begin(waits, now)
		if err != nil {
			t.Fatal(err)
		}
		return end
	}
	for range 10 {
		let(false)()
	}
	refused(false, "10 calls a second", 1)
	now = now.Add(100 * time.Millisecond)
	let(false)
	refused(false, "10 calls a second", 1)
	now = now.Add(time.Hour)
	first, second := let(true), let(true)
	refused(true, "2 calls that wait", 1)
	let(false)
	first()
	let(true)()
	second()
	q.spend(5500)
	now = now.Add(time.Second)
	refused(false, "1000 bytes a second", 4) // 3,500 are owed
	now = now.Add(3600 * time.Millisecond)
	let(false)
	if q.idle(now) {
		t.Error("a quota that was just used is as good as new")
	}
	if now = now.Add(2 * time.Second); !q.idle(now) {
		t.Error("a quota that was not used for long is not as good as new")
	}
	var none *quota
	none.spend(1 << 30)
	if _, err := none.begin(true, now); err != nil {
		t.Error(err)
	}
}

// TestQuotasAreBounded: those that are as good as new make room.
func TestQuotasAreBounded(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var all quotas
	for i := range 3 * maxQuotas {
		now = now.Add(time.Millisecond)
		q := all.ofToken(&rows.Token{Serial: uint64(i), Rates: rows.TokenRates{Calls: 1}}, now)
		if _, err := q.begin(false, now); err != nil {
			t.Fatal(err)
		}
	}
	if len(all.of) > maxQuotas+1000 {
		t.Errorf("%d quotas are remembered", len(all.of))
	}
}
