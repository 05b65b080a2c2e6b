package certs

import (
	"context"
	"time"
)

// Every is how often the files are looked at. They are read whole: a changed time of change is
// neither necessary nor enough, as with links that Kubernetes swaps.
const Every = 10 * time.Second

// warnings are how long before its end the log is told of a file, and at the end.
var warnings = []time.Duration{30 * 24 * time.Hour, 7 * 24 * time.Hour, 24 * time.Hour, 0}

// Run takes over what changes in the files, and says in the log what is about to expire. It
// returns when ctx ends.
func (s *Set) Run(ctx context.Context) {
	t := time.NewTicker(Every)
	defer t.Stop()
	failed := ""
	for {
		s.warn(time.Now())
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		switch changed, err := s.Reload(); {
		case err == nil:
			failed = ""
			if changed {
				s.told()
			}
		case err.Error() != failed: // once; and files that are being replaced are read again soon
			failed = err.Error()
			s.log.Warn("certificates: what is in the files now cannot be used, the old ones stay", "error", err)
		}
	}
}

// told says what was taken over.
func (s *Set) told() {
	for _, e := range s.current().ends {
		s.log.Info("certificates: taken over", "file", e.file, "not_after", date(e.notAfter))
	}
}

// warn says what is about to expire: each of the warnings once for each file.
func (s *Set) warn(now time.Time) {
	for _, e := range s.current().ends {
		due := 0
		for due < len(warnings) && e.notAfter.Sub(now) <= warnings[due] {
			due++
		}
		if due > s.said[e.file] {
			if due == len(warnings) {
				s.log.Error("certificates: expired, other nodes and callers refuse it", "file", e.file, "not_after", date(e.notAfter))
			} else {
				s.log.Warn("certificates: expires soon", "file", e.file, "not_after", date(e.notAfter), "left", e.notAfter.Sub(now).Round(time.Minute))
			}
		}
		s.said[e.file] = due
	}
}
