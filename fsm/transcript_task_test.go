package fsm

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// taskCommand reads the commands on tasks and queues. An attempt is written as
// workflow:activity.attempt, what is said of it follows behind a colon.
func (w *world) taskCommand(a words) Command {
	switch a.at(0) {
	case "lease":
		return &LeaseTasks{Queue: a.at(1), Activities: strings.Split(a.at(2), ","), Worker: a.named["worker"], Max: uint32(a.number("max", 1)), Lease: a.duration("lease"), Named: a.named["lease"] != ""}
	case "done":
		c := new(CompleteTasks)
		for _, s := range a.plain[1:] {
			token, output := w.token(s)
			c.Results = append(c.Results, TaskOutput{Token: token, Output: history.Payload(output)})
		}
		return c
	case "failed":
		c := new(FailTasks)
		for _, s := range a.plain[1:] {
			token, kind := w.token(s)
			e := history.RunError{Kind: strings.TrimSuffix(kind, "!"), Message: "no", Retryable: !strings.HasSuffix(kind, "!")}
			c.Results = append(c.Results, TaskFailure{Token: token, Error: e, Jitter: uint32(a.number("jitter", 0))})
		}
		return c
	case "beat":
		c := new(BeatTasks)
		for _, s := range a.plain[1:] {
			token, details := w.token(s)
			c.Beats = append(c.Beats, TaskBeat{Token: token, Details: history.Payload(details)})
		}
		return c
	case "release":
		c := new(ReleaseTasks)
		for _, s := range a.plain[1:] {
			token, _ := w.token(s)
			c.Tokens = append(c.Tokens, token)
		}
		return c
	case "limit":
		c := &LimitQueue{Queue: a.at(1), Limits: rows.QueueLimits{Concurrency: a.number("concurrency", 0), Burst: a.number("burst", 0), Stopped: a.named["concurrency"] == "0"}}
		if rate, per, ok := strings.Cut(a.named["rate"], "/"); ok {
			c.Limits.Rate, _ = strconv.ParseUint(rate, 10, 64)
			d, err := time.ParseDuration(per)
			if err != nil {
				w.t.Fatal(err)
			}
			c.Limits.Per = history.Duration(d)
		}
		return c
	}
	return nil
}

func (w *world) token(s string) (token TaskToken, rest string) {
	id, attempt, _ := strings.Cut(s, ":")
	attempt, rest, _ = strings.Cut(attempt, ":")
	if r, ok := w.find(id); ok {
		token.RunID = r.RunID
	}
	if _, err := fmt.Sscanf(attempt, "%d.%d", &token.ID, &token.Attempt); err != nil {
		w.t.Fatalf("%q is no attempt: %v", s, err)
	}
	return token, rest
}

// activity reads what a turn asks for.
func (a words) activity(id uint64) *history.ActivityScheduled {
	e := &history.ActivityScheduled{ID: id, Activity: a.at(2), Queue: "default", Timeout: a.duration("timeout"), Heartbeat: a.duration("heartbeat"), ScheduleTimeout: a.duration("schedule"), TotalTimeout: a.duration("total")}
	if queue := a.named["queue"]; queue != "" {
		e.Queue = queue
	}
	if a.has("retry") {
		e.Retry = &history.Retry{MaxAttempts: uint32(a.number("attempts", 0)), Backoff: a.duration("backoff"), MaxBackoff: a.duration("most")}
		e.Retry.Factor, _ = strconv.ParseFloat(a.named["factor"], 64)
		if kinds := a.named["not"]; kinds != "" {
			e.Retry.NonRetryable = strings.Split(kinds, ",")
		}
	}
	return e
}

func sayLeased(a *LeaseAnswer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "leased %d", len(a.Tasks))
	for _, l := range a.Tasks {
		fmt.Fprintf(&b, "\n  %s:%d.%d %s of %s, event %d", l.WorkflowID, l.Token.ID, l.Token.Attempt, l.Activity, l.Type, l.Seq)
		if l.Deadline != 0 {
			fmt.Fprintf(&b, ", deadline %s", l.Deadline)
		}
		if l.Heartbeat != 0 {
			fmt.Fprintf(&b, ", heartbeat %s", l.Heartbeat)
		}
		fmt.Fprintf(&b, ", lease %s", l.Lease)
		if len(l.Details) > 0 {
			fmt.Fprintf(&b, ", details %s", l.Details)
		}
	}
	return b.String()
}

func sayReplies(a *TaskAnswer) string {
	var said []string
	for _, r := range a.Replies {
		s := "ok"
		if r.Lost != "" {
			s = "lost: " + r.Lost
		}
		if r.Cancel {
			s += ", cancel"
		}
		said = append(said, s)
	}
	return strings.Join(said, "; ")
}

func sayTask(b *strings.Builder, task rows.Task) {
	state := map[rows.TaskState]string{rows.TaskOffered: "offered", rows.TaskBackoff: "backoff", rows.TaskLeased: "leased", rows.TaskGivenUp: "given up"}[task.State]
	fmt.Fprintf(b, "%d %s on %s: %s, attempt %d, %d failures", task.ID, task.Activity, task.Queue, state, task.Attempt, task.Failures)
	if task.Due != 0 {
		fmt.Fprintf(b, ", due %s", task.Due)
	}
	if task.Worker != "" {
		fmt.Fprintf(b, ", worker %s", task.Worker)
	}
	if task.CancelAsked {
		b.WriteString(", asked to end")
	}
	if task.Failure != nil {
		fmt.Fprintf(b, ", after %s", task.Failure)
	}
	b.WriteString("\n")
}

func (w *world) lookTasks(b *strings.Builder, v View, a words) {
	run := w.latest(a.at(1)).RunID
	for from, more := uint64(0), true; more; {
		page := v.Tasks(run, from, 2)
		for _, task := range page {
			if same, ok := v.Task(run, task.ID); !ok || string(rows.Encoded(same)) != string(rows.Encoded(task)) {
				w.t.Fatalf("task %d is %+v alone and %+v in the list", task.ID, same, task)
			}
			sayTask(b, task)
			from = task.ID + 1
		}
		more = len(page) == 2
	}
}

func (w *world) lookQueues(b *strings.Builder, v View) {
	for after, more := "", true; more; {
		page := v.Queues(after, 2)
		for _, q := range page {
			fmt.Fprintf(b, "%s: %d offered, %d back off, %d leased", q.Name, q.Offered, q.Backoff, q.Leased)
			if l := q.Limits; l != (rows.QueueLimits{}) {
				fmt.Fprintf(b, "; at most %d, %d in %s, burst %d", l.Concurrency, l.Rate, l.Per, l.Burst)
			}
			b.WriteString("\n")
			after = q.Name
		}
		more = len(page) == 2
	}
}

func lookOffered(b *strings.Builder, v View, a words) {
	at, ok := v.Offered(a.at(1), strings.Split(a.at(2), ","))
	switch {
	case !ok:
		b.WriteString("no\n")
	case at <= v.Now():
		b.WriteString("now\n")
	default:
		fmt.Fprintf(b, "at %s\n", at)
	}
}
