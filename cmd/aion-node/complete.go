package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// Completion asks the cluster. The shell waits meanwhile, so there is little time, and completion
// is silent if no node answers.
const (
	completeWithin = 1500 * time.Millisecond
	completeMost   = 200
)

// completer offers the words that may appear at the cursor.
type completer = cobra.CompletionFunc

// words offers a fixed list.
func words(list ...string) completer {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFiles offers files with a suffix, and folders.
func completeFiles(ending string) completer {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return []cobra.Completion{ending}, cobra.ShellCompDirectiveFilterFileExt
	}
}

// completeFolders offers folders.
func completeFolders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// askCluster offers what the cluster answers.
func (a *app) askCluster(list func(context.Context, *client.Client, []string) []string) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
		defer cancel()
		c, err := a.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer c.Close()
		var fitting []string
		for _, word := range list(ctx, c, args) {
			word = printable(word)
			if name, _, _ := strings.Cut(word, "\t"); strings.HasPrefix(name, typed) && len(fitting) < completeMost && !slices.Contains(fitting, word) {
				fitting = append(fitting, word)
			}
		}
		return fitting, cobra.ShellCompDirectiveNoFileComp
	}
}

// loadedVersions lists loaded versions, only of typ if it is given.
func loadedVersions(ctx context.Context, c *client.Client, typ string, what func(wire.Version) string) (list []string) {
	v, err := c.Versions(ctx, typ, client.Stale())
	if err != nil {
		return nil
	}
	for _, row := range v.Versions {
		list = append(list, what(row))
	}
	return list
}

func typeNames(ctx context.Context, c *client.Client, _ []string) []string {
	return loadedVersions(ctx, c, "", func(v wire.Version) string { return v.WorkflowType })
}

// versionsOf offers versions of the type in the preceding argument, with a description.
func versionsOf(ctx context.Context, c *client.Client, args []string) []string {
	typ := ""
	if len(args) > 0 {
		typ = args[0]
	}
	return loadedVersions(ctx, c, typ, func(v wire.Version) string {
		about := v.WorkflowType + ", loaded " + ago(v.LoadedAt, time.Now())
		if v.RouteActive {
			about += ", routed"
		}
		return short(v.Version) + "\t" + about
	})
}

// runIDs offers the ids of the newest runs with one of statuses; none = any.
func runIDs(statuses ...string) func(context.Context, *client.Client, []string) []string {
	return func(ctx context.Context, c *client.Client, _ []string) (list []string) {
		if len(statuses) == 0 {
			statuses = []string{""}
		}
		for _, status := range statuses {
			page, err := c.List(ctx, wire.RunFilter{Status: status}, wire.Page{Limit: completeMost}, client.Stale())
			if err != nil {
				return nil
			}
			for _, r := range page.Workflows {
				list = append(list, r.WorkflowID+"\t"+r.WorkflowType+", "+r.Status)
			}
		}
		return list
	}
}

func scheduleIDs(ctx context.Context, c *client.Client, _ []string) (list []string) {
	page, err := c.Schedules(ctx, wire.Page{Limit: completeMost}, client.Stale())
	if err != nil {
		return nil
	}
	for _, s := range page.Schedules {
		list = append(list, s.ScheduleID+"\t"+s.Type)
	}
	return list
}

func queueNames(ctx context.Context, c *client.Client, _ []string) (list []string) {
	page, err := c.Queues(ctx, wire.Page{Limit: completeMost}, client.Stale())
	if err != nil {
		return nil
	}
	for _, q := range page.Queues {
		list = append(list, q.Queue)
	}
	return list
}

func nodeIDs(ctx context.Context, c *client.Client, _ []string) (list []string) {
	s, err := c.Cluster(ctx)
	if err != nil {
		return nil
	}
	for _, m := range s.Members {
		list = append(list, m.ID)
	}
	return list
}

// inOrder completes arguments one after the other.
func inOrder(list ...completer) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= len(list) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list[len(args)](cmd, args, typed)
	}
}

// statuses of runs.
var statuses = []string{"running", "paused", "completed", "failed", "cancelled", "terminated", "timed_out", "continued_as_new"}

// completeAll gives every command completion for its arguments, by the words of its usage line, and
// for its flags, by their names.
func completeAll(a *app, root *cobra.Command) {
	open := []string{"running", "paused"}
	special := map[string]completer{ // whose ID names a run with some status
		"signal": a.askCluster(runIDs(open...)), "update": a.askCluster(runIDs(open...)), "query": a.askCluster(runIDs()), "cancel": a.askCluster(runIDs(open...)), "terminate": a.askCluster(runIDs(open...)),
		"pause": a.askCluster(runIDs("running")), "resume": a.askCluster(runIDs("paused")), "reopen": a.askCluster(runIDs("failed", "cancelled", "terminated", "timed_out")),
	}
	byWord := map[string]completer{
		"TYPE": a.askCluster(typeNames), "VERSION": a.askCluster(versionsOf), "ID": a.askCluster(runIDs()), "QUEUE": a.askCluster(queueNames), "NODE": a.askCluster(nodeIDs),
		"DIR": completeFolders, "NAME": words(), "AGE": words(),
	}
	byFlag := map[string]completer{
		"type": a.askCluster(typeNames), "version": a.askCluster(versionsOf), "status": words(statuses...), "overlap": words(overlaps...), "catch-up": words(catchUps...),
		"name": words(eventNames...), "log-level": words("trace", "debug", "info", "warn", "error"), "log-format": words("text", "json"),
		"data-dir": completeFolders, "dir": completeFolders, "parent": a.askCluster(runIDs()),
	}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			visit(c)
		}
		own := cmd.LocalNonPersistentFlags() // which is made anew at each call
		for flag, complete := range byFlag {
			if own.Lookup(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, complete)
			}
		}
		if cmd.ValidArgsFunction != nil || cmd.HasSubCommands() {
			return
		}
		var list []completer
		for i, word := range strings.Fields(cmd.Use)[1:] {
			complete, ok := byWord[strings.Trim(word, "[].")]
			if s, is := special[cmd.Name()]; is && i == 0 && cmd.Parent() == root {
				complete = s
			}
			if cmd.Parent() != root && cmd.Parent().Name() == "schedule" && word == "ID" {
				complete = a.askCluster(scheduleIDs)
				if cmd.Name() == "create" {
					complete = words()
				}
			}
			if !ok {
				complete = words()
			}
			list = append(list, complete)
		}
		cmd.ValidArgsFunction = inOrder(list...)
	}
	visit(root)
}
