package suite

import "testing"

func TestPanicked(t *testing.T) {
	for line, want := range map[string]bool{
		"panic: runtime error: index out of range [3] with length 3":                                                        true,
		"panic: state on disk: MANIFEST sync failed: input/output error":                                                    true, // a disk that no fault touched
		"panic: state on disk: MANIFEST sync failed: fault: input/output error":                                             false,
		"panic: raft store, read entry: entry 97 is not what was written: its checksum differs, so the disk has changed it": false,
		"panic: raft store, read entry: short buffer":                                                                       false,
		"panic: raft store, write entries: short buffer":                                                                    true,
		"fatal error: fault":                 true,
		"fatal error: concurrent map writes": true,
		"2026-11-23T10:23:06.389Z [ERROR] aion.http: a handler panicked: nil map": true,
		"WARNING: DATA RACE": true,
		"2026-11-23T10:23:06.389Z [ERROR] aion: this node stops because it must not go on: reason=fault:": false,
	} {
		if panicked(line) != want {
			t.Errorf("%q counts as a panic: %t", line, !want)
		}
	}
}
