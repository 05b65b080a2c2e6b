package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// startFlags is what a start asks for beside a run.
type startFlags struct {
	signal, payload  string
	ifOpen, ifClosed string
	delay            time.Duration

	retry string
	chain time.Duration

	update, args, updateID string
}

func (s *startFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.signal, "signal", "", "signal `NAME` that the run receives as it starts")
	f.StringVar(&s.payload, "signal-payload", "", "what the signal carries: `JSON`, @FILE, or @- for standard input")
	f.StringVar(&s.update, "update", "", "`NAME` of an update that the run is asked at once, the open one if there is one; its answer is told")
	f.StringVar(&s.args, "args", "", "what the update's handler gets: `JSON`, @FILE, or @- for standard input")
	f.StringVar(&s.updateID, "update-id", "", "`ID` under which the update has one effect and one answer (default: it follows from the request id)")
	f.StringVar(&s.ifOpen, "if-open", "", "if a run of the id and type is open: `refuse` (default), signal, use or terminate")
	f.StringVar(&s.ifClosed, "if-closed", "", "if the newest run of the id is closed: `allow` (default), failed_only or refuse")
	f.StringVar(&s.retry, "retry", "", "try the run again when it fails: `N` tries in all, or JSON with max_attempts, backoff, factor, max_backoff, non_retryable")
	f.DurationVar(&s.chain, "chain-timeout", 0, "time out the run with all that continue it, or try again, after `DURATION`")
	f.DurationVar(&s.delay, "delay", 0, "begin the run after `DURATION`; it is open meanwhile")
	aboveZero(cmd, "chain-timeout", "delay")
}

func (s *startFlags) read(a *app, r *wire.StartRequest) (err error) {
	r.IfOpen, r.IfClosed = s.ifOpen, s.ifClosed
	switch {
	case s.signal == "" && s.payload != "":
		return usage("--signal-payload needs --signal")
	case s.signal != "":
		r.Signal = &wire.StartSignal{Name: s.signal}
		if r.Signal.Payload, err = a.jsonFlag("signal-payload", s.payload); err != nil {
			return err
		}
	}
	switch {
	case s.update == "" && (s.args != "" || s.updateID != ""):
		return usage("--args and --update-id need --update")
	case s.update != "":
		r.Update = &wire.StartUpdate{Name: s.update, UpdateID: s.updateID}
		if r.Update.Args, err = a.jsonFlag("args", s.args); err != nil {
			return err
		}
	}
	if s.retry != "" {
		if r.Retry, err = a.retryFlag(s.retry); err != nil {
			return err
		}
	}
	switch {
	case s.chain < 0:
		return usage("--chain-timeout %s is negative", s.chain)
	case s.chain > 0:
		r.ChainTimeout = s.chain.String()
	}
	switch {
	case s.delay < 0:
		return usage("--delay %s is negative", s.delay)
	case s.delay > 0:
		r.Delay = s.delay.String()
	}
	return nil
}

// retryFlag reads a number of tries, or a whole policy.
func (a *app) retryFlag(text string) (*wire.RetryPolicy, error) {
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		if n == 0 {
			return nil, usage("--retry 0: give the number of tries in all, or JSON with max_attempts 0 for as many as it takes")
		}
		return &wire.RetryPolicy{MaxAttempts: uint32(n)}, nil
	}
	value, err := a.jsonFlag("retry", text)
	if err != nil {
		return nil, err
	}
	p := new(wire.RetryPolicy)
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, usage("--retry: want a number of tries, or JSON with max_attempts, backoff, factor, max_backoff, non_retryable: %v", err)
	}
	return p, nil
}

// outcomeNote says what else a start has done.
func outcomeNote(s *wire.StartAnswer) (note string) {
	if s.TerminatedRunID != "" {
		note += ", in place of run " + s.TerminatedRunID
	}
	if s.BeginsAt != nil {
		note += ", begins at " + s.BeginsAt.Format(time.RFC3339)
	}
	return note
}
