package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func scheduleCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "schedule", Short: "Start runs again and again"})
	cmd.AddCommand(
		scheduleCreateCmd(a), scheduleListCmd(a), scheduleDescribeCmd(a), scheduleUpdateCmd(a), schedulePauseCmd(a), scheduleResumeCmd(a),
		scheduleTriggerCmd(a), scheduleBackfillCmd(a), scheduleDeleteCmd(a),
	)
	return cmd
}

// The names of policies; the first is the default.
var (
	overlaps = []string{"skip", "buffer_one", "buffer_all", "cancel_previous", "terminate_previous", "allow_all"}
	catchUps = []string{"one", "none", "all"}
)

// spec is a schedule as the flags define it.
type spec struct {
	wire.ScheduleSpec
	every      []time.Duration
	crons      []string
	zone       string
	jitter     time.Duration
	ends       string
	input      string
	attributes []string
}

func (s *spec) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.DurationSliceVar(&s.every, "every", nil, "fire at every multiple of `DURATION`, at least 1s; may be repeated, and joined with --cron")
	f.StringArrayVar(&s.crons, "cron", nil, "fire by `EXPR`: five fields, six with seconds first, or @daily and the like; may be repeated, and joined with --every")
	f.StringVar(&s.zone, "timezone", "", "read --cron in `ZONE`, such as Europe/Berlin (default UTC)")
	f.StringVar(&s.input, "input", "", "what each run gets: `JSON`, @FILE, or @- for standard input")
	f.StringVar(&s.Overlap, "overlap", "", "when runs are still open: `POLICY` skip (default), buffer_one, buffer_all, cancel_previous, terminate_previous or allow_all")
	f.StringVar(&s.CatchUp, "catch-up", "", "for times that no leader was there for: `POLICY` one (default), none or all")
	f.StringArrayVar(&s.attributes, "attr", nil, "searchable attribute `KEY=VALUE` of each run; may be repeated")
	f.StringVar(&s.ends, "ends", "", "do not fire for times after `TIME`: an RFC 3339 time, how far off it is, such as 30d, or never (default)")
	f.Uint64Var(&s.Fires, "fires", 0, "fire for `N` times of its own, and never again (default: without end)")
	f.DurationVar(&s.jitter, "jitter", 0, "let each fire come up to `DURATION` after its time, at a moment that differs between schedules")
	f.BoolVar(&s.PauseOnFailure, "pause-on-failure", false, "pause it when a run of it fails or times out")
	f.BoolVar(&s.Paused, "paused", false, "do not fire until it is resumed")
}

// read checks the flags and converts them for sending.
func (s *spec) read(a *app) (err error) {
	var all []wire.Timing
	for _, every := range s.every {
		if every < time.Second {
			return usage("--every %s is shorter than 1s", every)
		}
		all = append(all, wire.Timing{Every: every.String()})
	}
	for _, cron := range s.crons {
		all = append(all, wire.Timing{Cron: cron, Timezone: s.zone})
	}
	if len(all) > 0 {
		s.Every, s.Cron, s.Timezone, s.Also = all[0].Every, all[0].Cron, all[0].Timezone, all[1:]
	}
	if len(s.crons) == 0 {
		s.Timezone = s.zone // of an interval, which the node refuses
	}
	if s.jitter < 0 {
		return usage("--jitter %s is negative", s.jitter)
	}
	if s.jitter > 0 {
		s.Jitter = s.jitter.String()
	}
	if s.ends != "" && s.ends != "never" {
		at, err := time.Parse(time.RFC3339Nano, s.ends)
		if d, bad := days(s.ends); err != nil && bad == nil && d > 0 {
			at, err = time.Now().Add(d).UTC(), nil
		}
		if err != nil {
			return usage("--ends %q is neither an RFC 3339 time nor how far off it is, such as 30d, nor never", s.ends)
		}
		s.EndsAt = &at
	}
	if err := oneOf("overlap", s.Overlap, overlaps); err != nil {
		return err
	}
	if err := oneOf("catch-up", s.CatchUp, catchUps); err != nil {
		return err
	}
	if s.Input, err = a.jsonFlag("input", s.input); err != nil {
		return err
	}
	s.Attributes, err = pairs("attr", s.attributes)
	return err
}

func oneOf(flag, value string, words []string) error {
	if value != "" && !slices.Contains(words, value) {
		return usage("--%s %q is not one of %s", flag, value, strings.Join(words, ", "))
	}
	return nil
}

func scheduleCreateCmd(a *app) *cobra.Command {
	var s spec
	cmd := &cobra.Command{
		Use:   "create ID TYPE",
		Short: "Create a schedule that starts runs of TYPE",
		Long: `Create a schedule that starts runs of TYPE, each on the version that is routed when it fires. The runs are called ID:TIME. --every fires at multiples of its duration since
1970-01-01 UTC, so 24h fires at midnight UTC.`,
		Args: arguments("ID", "TYPE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.ScheduleID, s.Type = args[0], args[1]
			if err := s.read(a); err != nil {
				return err
			}
			if s.Every == "" && s.Cron == "" {
				return usage("create: say when, by --every or --cron")
			}
			return a.changeSchedule(cmd, "created", func(ctx context.Context, c *client.Client) (*wire.ScheduleAnswer, error) {
				answer, err := c.CreateSchedule(ctx, s.ScheduleSpec, a.mutationOptions()...)
				if err == nil {
					a.warnOfRoute(ctx, c, s.Type)
				}
				return answer, err
			})
		},
	}
	s.addFlags(cmd)
	aboveZero(cmd, "fires") // an update takes the bound away with it
	return cmd
}

// warnOfRoute warns on stderr that a schedule cannot start anything now, because its type has no
// route.
func (a *app) warnOfRoute(ctx context.Context, c *client.Client, typ string) {
	v, err := c.Versions(ctx, "", a.readOptions()...)
	if err != nil {
		return
	}
	var types []string
	for _, row := range v.Versions {
		if row.WorkflowType == typ && row.RouteActive {
			return
		}
		types = append(types, row.WorkflowType)
	}
	fmt.Fprintf(a.err, "warning: workflow type %s has no route, so the schedule starts nothing until it has one%s\n", printable(typ), didYouMean(nearest(typ, types)))
}

func scheduleUpdateCmd(a *app) *cobra.Command {
	var s spec
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Change the given parts of a schedule; the rest stays",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.read(a); err != nil {
				return err
			}
			return a.changeSchedule(cmd, "updated", func(ctx context.Context, c *client.Client) (*wire.ScheduleAnswer, error) {
				now, err := c.Schedule(ctx, args[0])
				if err != nil {
					return nil, err
				}
				return c.ReplaceSchedule(ctx, args[0], s.applyTo(now.ScheduleSpec, cmd.Flags().Changed), a.mutationOptions()...)
			})
		},
	}
	s.addFlags(cmd)
	cmd.Flags().StringVar(&s.Type, "type", "", "start runs of `TYPE`")
	return cmd
}

// applyTo applies the given flags to a definition.
func (s *spec) applyTo(now wire.ScheduleSpec, given func(flag string) bool) wire.ScheduleSpec {
	now.ScheduleID = ""
	times := func() { now.Every, now.Cron, now.Timezone, now.Also = s.Every, s.Cron, s.Timezone, s.Also }
	for flag, set := range map[string]func(){
		"type":     func() { now.Type = s.Type },
		"every":    times,
		"cron":     times,
		"input":    func() { now.Input = s.Input },
		"overlap":  func() { now.Overlap = s.Overlap },
		"catch-up": func() { now.CatchUp = s.CatchUp },
		"attr":     func() { now.Attributes = s.Attributes },
		"ends":     func() { now.EndsAt = s.EndsAt },
		"fires":    func() { now.Fires = s.Fires },
		"jitter":   func() { now.Jitter = s.Jitter },
		"paused":   func() { now.Paused = s.Paused },

		"pause-on-failure": func() { now.PauseOnFailure = s.PauseOnFailure },
	} {
		if given(flag) {
			set()
		}
	}
	if given("timezone") && !given("every") && !given("cron") {
		rezone(&now, s.zone)
	}
	return now
}

// rezone reads all cron expressions of s in another zone. That an interval has none, the node says.
func rezone(s *wire.ScheduleSpec, zone string) {
	crons := s.Cron != ""
	s.Also = slices.Clone(s.Also)
	for i := range s.Also {
		if s.Also[i].Cron != "" {
			s.Also[i].Timezone, crons = zone, true
		}
	}
	if s.Cron != "" || !crons {
		s.Timezone = zone
	}
}

// changeSchedule changes a schedule and prints the new one.
func (a *app) changeSchedule(cmd *cobra.Command, verb string, call func(context.Context, *client.Client) (*wire.ScheduleAnswer, error)) error {
	return exchange(a, cmd, call, func(w io.Writer, s *wire.ScheduleAnswer) {
		fmt.Fprintf(w, "%s schedule %s (index %d)%s\n", verb, s.ScheduleID, s.Index, repeatNote(s.Deduplicated))
		for _, r := range s.Runs {
			fmt.Fprintf(w, "  started workflow %s, run %s\n", r.WorkflowID, r.RunID)
		}
		if next := s.NextTimes; len(next) > 0 && verb != "deleted" {
			fmt.Fprintf(w, "  fires next at %s\n", stamp(next[0]))
		}
	})
}

func schedulePauseCmd(a *app) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "pause ID",
		Short: "Stop a schedule from firing",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeSchedule(cmd, "paused", func(ctx context.Context, c *client.Client) (*wire.ScheduleAnswer, error) {
				return c.PauseSchedule(ctx, args[0], reason, a.mutationOptions()...)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` to be shown with it")
	return cmd
}

func scheduleResumeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "resume ID",
		Short: "Let a schedule fire again; times that have passed are not made up for",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeSchedule(cmd, "resumed", func(ctx context.Context, c *client.Client) (*wire.ScheduleAnswer, error) {
				return c.ResumeSchedule(ctx, args[0], a.mutationOptions()...)
			})
		},
	}
}

func scheduleTriggerCmd(a *app) *cobra.Command {
	var r wire.TriggerRequest
	cmd := &cobra.Command{
		Use:   "trigger ID",
		Short: "Fire a schedule now, also a paused one",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("overlap", r.Overlap, overlaps); err != nil {
				return err
			}
			return a.changeSchedule(cmd, "triggered", func(ctx context.Context, c *client.Client) (*wire.ScheduleAnswer, error) {
				return c.TriggerSchedule(ctx, args[0], r, a.mutationOptions()...)
			})
		},
	}
	cmd.Flags().StringVar(&r.Overlap, "overlap", "", "when runs are still open: `POLICY` (default: the schedule's own)")
	return cmd
}

func scheduleBackfillCmd(a *app) *cobra.Command {
	var r wire.BackfillRequest
	var from, to string
	cmd := &cobra.Command{
		Use:   "backfill ID",
		Short: "Fire a schedule for its times in a span that has passed",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if from == "" {
				return usage("backfill: say from when, by --from")
			}
			now := time.Now()
			if to == "" {
				to = now.Format(time.RFC3339Nano)
			}
			if err := (moments{"from": &from, "to": &to}).read(now); err != nil {
				return err
			}
			r.From, _ = time.Parse(time.RFC3339Nano, from)
			r.To, _ = time.Parse(time.RFC3339Nano, to)
			if err := oneOf("overlap", r.Overlap, overlaps); err != nil {
				return err
			}
			return a.changeSchedule(cmd, "backfilled", func(ctx context.Context, c *client.Client) (*wire.ScheduleAnswer, error) {
				return c.BackfillSchedule(ctx, args[0], r, a.mutationOptions()...)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&from, "from", "", "from `TIME` on: "+momentHelp)
	f.StringVar(&to, "to", "", "up to, but not including `TIME` (default now)")
	f.StringVar(&r.Overlap, "overlap", "", "when runs are still open: `POLICY` (default allow_all)")
	return cmd
}

func scheduleDeleteCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "delete ID",
		Short: "Remove a schedule; its runs go on",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeSchedule(cmd, "deleted", func(ctx context.Context, c *client.Client) (*wire.ScheduleAnswer, error) {
				return c.DeleteSchedule(ctx, args[0], a.mutationOptions()...)
			})
		},
	}
}
