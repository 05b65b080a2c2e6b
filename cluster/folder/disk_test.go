package folder

import "testing"

func TestJudgeDisk(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		cfg        DiskConfig
		free, size uint64
		before     string
		want       string
	}{
		{free: 50 * gib, size: 100 * gib, before: DiskOK, want: DiskOK},
		{free: 7 * gib, size: 100 * gib, before: DiskOK, want: DiskWarn},
		{free: 3 * gib, size: 100 * gib, before: DiskWarn, want: DiskFull},
		{free: 4*gib + 1, size: 100 * gib, before: DiskFull, want: DiskFull}, // one byte makes no difference
		{free: 4*gib + 1, size: 100 * gib, before: DiskWarn, want: DiskWarn},
		{free: 5 * gib, size: 100 * gib, before: DiskFull, want: DiskWarn},
		{free: 100 << 20, size: 400 << 20, before: DiskOK, want: DiskFull}, // a third of a small disk
		{free: 200 << 20, size: 400 << 20, before: DiskOK, want: DiskWarn},
		{free: 500 << 20, size: 2000 * gib, before: DiskOK, want: DiskFull},
		{cfg: DiskConfig{Full: 10, Warn: 20}, free: 21, size: 100, before: DiskOK, want: DiskOK},
		{cfg: DiskConfig{Full: 10, Warn: 20}, free: 19, size: 100, before: DiskOK, want: DiskWarn},
		{cfg: DiskConfig{Full: 10, Warn: 20}, free: 9, size: 100, before: DiskOK, want: DiskFull},
		{cfg: DiskConfig{Full: 10, Warn: 5}, free: 12, size: 100, before: DiskOK, want: DiskOK},
	} {
		if got := JudgeDisk(c.cfg, c.free, c.size, c.before); got.Level != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}
