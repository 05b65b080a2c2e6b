// Package calendar tells the times at which a schedule fires, and which of those that have come are
// to be fired for.
//
// It decides what a definition means: intervals, cron expressions, zones and the changes of their
// clocks. Its answers follow from its arguments alone: it reads no clock, no state and no machine's
// zones, and it fires nothing. Nobody else knows the cron library.
//
// Begin with calendar.go: what the times of a definition are. expression.go reads cron expressions,
// wall.go finds what clocks of a zone show, plan.go says what to do about times that have passed.
package calendar
