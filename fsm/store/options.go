package store

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// memTable is how much is kept in memory before it is written out. Short-lived rows (pins, places
// in the ready index) that come and go within one never reach the disk.
const memTable = 64 << 20

// options configures the database. It has no log of its own: what a crash takes away, the
// replicated log applies again.
func (d *DB) options() *pebble.Options {
	o := &pebble.Options{
		FS:                          d.cfg.FS,
		CacheSize:                   d.cfg.CacheBytes + 2*memTable, // memory tables are taken out of it
		MaxOpenFiles:                d.cfg.OpenFiles,
		DisableWAL:                  true,
		FormatMajorVersion:          pebble.FormatValueSeparation, // named, so that a new Pebble does not change the files by itself
		MemTableSize:                memTable,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       40,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		Logger:                      logger{d},
		EventListener:               &pebble.EventListener{BackgroundError: func(err error) { d.Fail(fmt.Errorf("state on disk: %w", err)) }},
	}
	o.Levels[0].FilterPolicy = bloom.FilterPolicy(10) // the other levels take it over; most look-ups of a start find nothing
	return o
}

// logger keeps Pebble from writing to standard error, and from ending the process without a word.
type logger struct{ d *DB }

func (l logger) Infof(string, ...any)  {}
func (l logger) Errorf(string, ...any) {}

// Fatalf is called where Pebble cannot go on and must not return, for example at a write to its
// list of files for which the disk has no room. Its caller holds locks of the database, so an
// orderly end is impossible.
func (l logger) Fatalf(format string, args ...any) {
	err := error(&fatal{text: fmt.Sprintf("state on disk: "+format, args...), args: args})
	l.d.Fail(err)
	if f := l.d.cfg.Fatal; f != nil {
		f(err)
	}
	panic(err)
}

// fatal is an error that Pebble only describes. Its causes are among the arguments of the text.
type fatal struct {
	text string
	args []any
}

// Error implements error.
func (f *fatal) Error() string { return f.text }

// Unwrap returns the causes.
func (f *fatal) Unwrap() (causes []error) {
	for _, a := range f.args {
		if err, ok := a.(error); ok {
			causes = append(causes, err)
		}
	}
	return causes
}
