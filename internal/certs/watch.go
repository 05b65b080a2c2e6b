package certs

import (
	"context"
	"time"
)

// Every is how often the files are read. They are read as a whole: a changed modification time is
// neither necessary nor sufficient, for example with links that Kubernetes swaps.
const Every = 10 * time.Second

// warnings are the times before a file's expiry at which the log warns, and the expiry itself.
var warnings = []time.Duration{30 * 24 * time.Hour, 7 * 24 * time.Hour, 24 * time.Hour, 0}

// WarnBefore is how long before a file's expiry an operator should be told, whoever asks.
const WarnBefore = 14 * 24 * time.Hour

// Ends returns when each file expires.
func (s *Set) Ends() map[string]time.Time {
	ends := map[string]time.Time{}
	for _, e := range s.current().ends {
		ends[e.file] = e.notAfter
	}
	return ends
}

// Run reloads the files when they change, and logs what is about to expire. It returns when ctx
// ends.
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
				s.logLoaded()
			}
		case err.Error() != failed: // logged once; files that are just being replaced are read again soon
			failed = err.Error()
			s.log.Warn("certificates: the files cannot be used now, the previous certificates stay in use", "error", err)
		}
	}
}

// logLoaded logs what was loaded.
func (s *Set) logLoaded() {
	for _, e := range s.current().ends {
		s.log.Info("certificates: reloaded", "file", e.file, "not_after", date(e.notAfter))
	}
}

// warn logs what is about to expire: each warning once for each file.
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
