package cluster

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"github.com/hashicorp/raft"
)

// idle is a committer whose loops do not run: only the test takes commands from its queue.
func idle() *committer { return &committer{wake: make(chan struct{}, 1)} }

func (c *committer) push(t *testing.T, size int, mark byte) *command {
	t.Helper()
	cmd := newCommand(mark, 0, make([]byte, size))
	if err := c.enqueue(cmd); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestEntriesGatherWhatWaits(t *testing.T) {
	c := idle()
	sizes := func(commands []*command) (s []int) {
		for _, cmd := range commands {
			s = append(s, cmd.bytes)
		}
		return s
	}
	const k = 1 << 10
	for _, size := range []int{10, 20, 120 * k, 120 * k, 120 * k, maxGroupBytes + 1, 40, maxGroupBytes, 50} {
		c.push(t, size, 0)
	}
	c.push(t, 60, markCheck)
	c.push(t, 70, markUpkeep)
	c.push(t, 80, markUpkeep)
	for i, want := range []string{
		fmt.Sprint([]int{10, 20, 120 * k, 120 * k}),
		fmt.Sprint([]int{120 * k}),           // the larger one does not join
		fmt.Sprint([]int{maxGroupBytes + 1}), // and travels alone
		fmt.Sprint([]int{40}),
		fmt.Sprint([]int{maxGroupBytes}),
		fmt.Sprint([]int{50}),
		fmt.Sprint([]int{60}), // a check travels alone
		fmt.Sprint([]int{70, 80}),
	} {
		commands, size := c.dequeue(maxInFlightBytes)
		if got := fmt.Sprint(sizes(commands)); got != want {
			t.Errorf("entry %d holds %s, want %s", i, got, want)
		}
		total := 0
		for _, n := range sizes(commands) {
			total += n
		}
		if size != total {
			t.Errorf("entry %d is said to have %d bytes, it has %d", i, size, total)
		}
		wantMark := map[int]byte{6: markCheck, 7: markUpkeep}[i]
		if got := markOfAll(commands); got != wantMark {
			t.Errorf("entry %d has mark %q, want %q", i, got, wantMark)
		}
	}
	if c.bytes != 0 || c.waiting != nil {
		t.Errorf("an empty queue counts %d bytes and %d commands", c.bytes, len(c.waiting))
	}

	for range maxGroupCommands + 1 {
		c.push(t, 1, 0)
	}
	if commands, _ := c.dequeue(maxInFlightBytes); len(commands) != maxGroupCommands {
		t.Errorf("an entry holds %d commands, the limit is %d", len(commands), maxGroupCommands)
	}
}

func TestEntriesWaitForRoomInFlight(t *testing.T) {
	c := idle()
	c.push(t, 100, 0)
	c.push(t, 100, 0)
	if commands, _ := c.dequeue(99); commands != nil {
		t.Errorf("%d commands were taken without room", len(commands))
	}
	if commands, size := c.dequeue(150); len(commands) != 1 || size != 100 {
		t.Errorf("%d commands of %d bytes were taken with room for one", len(commands), size)
	}
}

func TestWithdrawnCommandsAreLeftOut(t *testing.T) {
	c := idle()
	a, b := c.push(t, 1, 0), c.push(t, 2, 0)
	a.fate.Store(fateWithdrawn)
	commands, size := c.dequeue(maxInFlightBytes)
	if len(commands) != 1 || commands[0] != b || size != 2 || c.bytes != 0 {
		t.Errorf("took %d commands of %d bytes, %d bytes wait", len(commands), size, c.bytes)
	}
}

func TestQueueIsBounded(t *testing.T) {
	c := idle()
	for range maxWaitingCommands {
		c.push(t, 1, 0)
	}
	var busy *engine.Unavailable
	if err := c.enqueue(newCommand(0, 0, []byte{1})); !errors.As(err, &busy) {
		t.Errorf("one command too many: %v", err)
	}
	c = idle()
	c.push(t, maxWaitingBytes, 0)
	if err := c.enqueue(newCommand(0, 0, []byte{1})); !errors.As(err, &busy) {
		t.Errorf("one byte too many: %v", err)
	}
}

func TestWhatWaitsIsRefusedAtTheEndOfTheTerm(t *testing.T) {
	c := idle()
	cmd := c.push(t, 1, 0)
	c.end(&engine.NotLeader{Leader: "n2"})
	c.end(errors.New("only the first end counts"))
	var not *engine.NotLeader
	if a := <-cmd.answer; !errors.As(a.err, &not) || not.Leader != "n2" {
		t.Errorf("the waiting command was answered %v", a.err)
	}
	if _, err := c.propose(context.Background(), newCommand(0, 0, []byte{1})); !errors.As(err, &not) {
		t.Errorf("a command after the end was answered %v", err)
	}
}

func TestProposeTellsHandedOverFromNotYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := idle()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.propose(ctx, newCommand(0, 0, []byte{1})); !errors.As(err, new(*engine.Unavailable)) {
			t.Errorf("a call that ended before its command was taken: %v, want that nothing happened", err)
		}
		if commands, _ := c.dequeue(maxInFlightBytes); commands != nil {
			t.Error("its command was taken all the same")
		}

		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() {
			synctest.Wait()
			c.dequeue(maxInFlightBytes)
		}()
		if _, err := c.propose(ctx, newCommand(0, 0, []byte{1})); !errors.As(err, new(*engine.Unknown)) {
			t.Errorf("a call that ended after its command was taken: %v, want an unknown outcome", err)
		}
	})
}

func TestOutcomeOfRaftsErrors(t *testing.T) {
	for _, c := range []struct {
		err     error
		happens string
	}{
		{raft.ErrNotLeader, "no_leader"},
		{raft.ErrLeadershipTransferInProgress, "unavailable"},
		{raft.ErrEnqueueTimeout, "unavailable"},
		{raft.ErrLeadershipLost, "outcome_unknown"},
		{raft.ErrRaftShutdown, "outcome_unknown"}, // raft returns it for committed entries, too
		{raft.ErrAbortedByRestore, "outcome_unknown"},
		{errors.New("write: input/output error"), "outcome_unknown"}, // the entry may be on disk
	} {
		for _, err := range []error{c.err, fmt.Errorf("wrapped: %w", c.err)} {
			if got := proposeError(err, "n1").(interface{ Code() string }).Code(); got != c.happens {
				t.Errorf("%v becomes %s, want %s", err, got, c.happens)
			}
		}
		if err := readError(c.err, "n1"); errors.As(err, new(*engine.Unknown)) {
			t.Errorf("a read's %v becomes an unknown outcome", c.err)
		}
	}
	if proposeError(nil, "") != nil || readError(nil, "") != nil {
		t.Error("success became an error")
	}
}
