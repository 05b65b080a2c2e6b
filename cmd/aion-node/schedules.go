package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func scheduleListCmd(a *app) *cobra.Command {
	var page wire.Page
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List schedules by id",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkPage(page); err != nil {
				return err
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Schedules, error) {
				return c.Schedules(ctx, page, a.readOptions()...)
			}, func(w io.Writer, l *wire.Schedules) {
				var rows [][]string
				for _, s := range l.Schedules {
					next, last := "", ""
					if len(s.NextTimes) > 0 {
						next = coming(w, s.NextTimes[0], time.Now())
					}
					if s.LastTime != nil {
						last = past(w, *s.LastTime, time.Now())
					}
					if s.Paused {
						next = "paused"
					}
					rows = append(rows, []string{s.ScheduleID, s.Type, timesOf(s.ScheduleSpec), s.Overlap, next, last, fmt.Sprint(len(s.OpenRuns)), number(s.Started)})
				}
				table(w, "no schedules", []string{"SCHEDULE", "TYPE", "WHEN", "OVERLAP", "NEXT", "LAST", "OPEN", "STARTED"}, rows)
				more(w, l.NextCursor)
			})
		},
	}
	addPageFlags(cmd, &page)
	return cmd
}

func scheduleDescribeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "describe ID",
		Short: "Show the state of a schedule and when it fires next",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.ScheduleAnswer, error) {
				return c.Schedule(ctx, args[0], a.readOptions()...)
			}, func(w io.Writer, s *wire.ScheduleAnswer) { printSchedule(w, &s.Schedule) })
		},
	}
}

func printSchedule(w io.Writer, s *wire.Schedule) {
	state, last, failure := "active", "", ""
	var ends []string
	if s.Paused {
		state = "paused"
		if s.Reason != "" {
			state += ": " + s.Reason
		}
	}
	if s.LastTime != nil {
		last = moment(*s.LastTime)
	}
	if s.EndsAt != nil {
		ends = append(ends, "after "+stamp(*s.EndsAt))
	}
	if s.Fires > 0 {
		ends = append(ends, fmt.Sprintf("after %d fires, of which %d were", s.Fires, s.Fired))
	}
	if s.PauseOnFailure {
		ends = append(ends, "is paused by a run that fails")
	}
	if s.LastFailure != nil {
		failure = s.LastFailure.Error()
	}
	var next []string
	for _, t := range s.NextTimes {
		next = append(next, stamp(t))
	}
	card(w,
		[2]string{"schedule", s.ScheduleID}, [2]string{"type", s.Type}, [2]string{"when", printable(timesOf(s.ScheduleSpec))}, [2]string{"state", printable(state)},
		[2]string{"ends", strings.Join(ends, "; ")}, [2]string{"jitter", s.Jitter},
		[2]string{"overlap", s.Overlap}, [2]string{"catch-up", s.CatchUp}, [2]string{"input", printable(string(s.Input))},
		[2]string{"attributes", printable(attributes(s.Attributes))}, [2]string{"created", moment(s.CreatedAt)}, [2]string{"fires next", strings.Join(next, ", ")},
		[2]string{"fired last", last}, [2]string{"runs", fmt.Sprintf("%d started, %d skipped, %d missed, %d failed", s.Started, s.Skipped, s.Missed, s.Failed)},
		[2]string{"last failure", printable(failure)}, [2]string{"waiting to start", times(s.Buffered)},
		[2]string{"open runs", names(s.OpenRuns)}, [2]string{"recent runs", names(s.RecentRuns)},
	)
}

// timesOf says when a schedule fires.
func timesOf(s wire.ScheduleSpec) string {
	var all []string
	for _, t := range append([]wire.Timing{{Every: s.Every, Cron: s.Cron, Timezone: s.Timezone}}, s.Also...) {
		switch {
		case t.Every != "":
			if d, err := time.ParseDuration(t.Every); err == nil {
				t.Every = span(d)
			}
			all = append(all, "every "+t.Every)
		case t.Timezone != "":
			all = append(all, t.Cron+" ("+t.Timezone+")")
		default:
			all = append(all, t.Cron)
		}
	}
	return strings.Join(all, "; ")
}

func times(list []time.Time) string {
	var texts []string
	for _, t := range list {
		texts = append(texts, stamp(t))
	}
	return strings.Join(texts, ", ")
}

func names(runs []wire.RunName) string {
	var list []string
	for _, r := range runs {
		list = append(list, r.WorkflowID)
	}
	return strings.Join(list, " ")
}
