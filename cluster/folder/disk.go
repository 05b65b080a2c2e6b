package folder

// DiskConfig says how much of the data folder's disk a node leaves free. Zero fields have defaults.
//
// Below Warn the node says so. Below Full it takes no new runs and no deploys and hands leadership
// on: what is left is for the runs under way, and for snapshots and compaction, which make room.
type DiskConfig struct {
	Warn uint64                                // bytes; default twice Full
	Full uint64                                // bytes; default 5 % of the disk, within 256 MiB (a third of a smaller disk) to 4 GiB
	Room func() (free, size uint64, err error) // default: of the disk under DataDir

	Reserve uint64 // bytes kept back in a file of the data folder; none on a disk of less than sixteen times as many
}

// DiskState is how much room there is.
type DiskState struct {
	Free, Size uint64 // bytes; Size is 0 while nothing is known
	Warn, Full uint64 // the marks
	Level      string // DiskOK, DiskWarn or DiskFull
}

// The levels.
const (
	DiskOK   = "ok"
	DiskWarn = "warn"
	DiskFull = "full"
)

// JudgeDisk says how a disk stands. What was full is not called better before a tenth more is free,
// so that a node does not go back and forth.
func JudgeDisk(cfg DiskConfig, free, size uint64, before string) DiskState {
	s := DiskState{Free: free, Size: size, Full: cfg.Full, Warn: cfg.Warn, Level: DiskOK}
	if s.Full == 0 {
		s.Full = max(min(256<<20, size/3), min(size/20, 4<<30))
	}
	if s.Warn == 0 {
		s.Warn = 2 * s.Full
	}
	below := func(mark uint64, held bool) bool { return free < mark || held && free < mark+mark/10 }
	switch {
	case below(s.Full, before == DiskFull):
		s.Level = DiskFull
	case below(max(s.Warn, s.Full), before != DiskOK):
		s.Level = DiskWarn
	}
	return s
}
