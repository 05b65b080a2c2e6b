// Package calendar computes the times at which a schedule fires, and decides which of the times
// that have passed it still fires for.
//
// It defines what a schedule means: intervals, cron expressions, zones and their clock changes. Its
// answers depend on its arguments alone. It reads no clock, no state and no time zone files of the
// machine, and it fires nothing. No other package uses the cron library.
//
// Begin with calendar.go: the times of a schedule. rule.go has those of one definition,
// expression.go parses cron expressions, wall.go finds what clocks of a zone show, plan.go decides
// what to do about times that have passed.
package calendar
