package folder

// DiskConfig configures how much of the data folder's disk a node leaves free. Zero fields have
// defaults.
//
// Below Warn the node warns. Below Full it accepts no new runs and no deploys and transfers
// leadership: the remaining room is for runs under way, and for snapshots and compaction, which
// free space.
type DiskConfig struct {
	Warn uint64                                // bytes; default twice Full
	Full uint64                                // bytes; default 5 % of the disk, within 256 MiB (a third of a smaller disk) to 4 GiB
	Room func() (free, size uint64, err error) // default: of the disk under DataDir

	Reserve uint64 // bytes reserved in a file of the data folder; none on a disk of less than sixteen times as many
}

// DiskState is how much room the disk has.
type DiskState struct {
	Free, Size uint64 // bytes; Size is 0 while unknown
	Warn, Full uint64 // the thresholds
	Level      string // DiskOK, DiskWarn or DiskFull
}

// The levels.
const (
	DiskOK   = "ok"
	DiskWarn = "warn"
	DiskFull = "full"
)

// JudgeDisk classifies the free space of a disk. A full disk counts as full until a tenth more than
// the threshold is free, so that a node does not flap.
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
