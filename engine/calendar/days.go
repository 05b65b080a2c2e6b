package calendar

import "time"

// dayRule is which days an expression with L names, of those that spec has.
type dayRule struct {
	last        bool // the last day of the month is named
	month, week uint64
}

// names reports whether the expression names the day of t. Where both days are restricted either
// will do.
func (r dayRule) names(t time.Time) bool {
	last := t.AddDate(0, 0, 1).Day() == 1
	day, week := last || r.month&(1<<t.Day()) != 0, r.week&(1<<t.Weekday()) != 0
	if r.week&everyHour != 0 {
		return day
	}
	return day || week
}
