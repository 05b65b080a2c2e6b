package calendar

import "time"

// dayRule decides which days an expression with L matches, among the days of its spec.
type dayRule struct {
	last        bool // matches the last day of the month
	month, week uint64
}

// names reports whether the expression matches the day of t. Where day of month and day of week are
// both restricted, matching one is enough.
func (r dayRule) names(t time.Time) bool {
	last := t.AddDate(0, 0, 1).Day() == 1
	day, week := last || r.month&(1<<t.Day()) != 0, r.week&(1<<t.Weekday()) != 0
	if r.week&everyHour != 0 {
		return day
	}
	return day || week
}
