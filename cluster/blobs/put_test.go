package blobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/internal/want"
	"go.uber.org/goleak"
)

func TestPutReachesAllAndGetFetches(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	nodes := blobNodes(t, 3, nil, nil)
	archive := bytes.Repeat([]byte("archive "), 100_000)
	d, err := nodes[0].Put(t.Context(), archive)
	if err != nil || d != digestOf(archive) {
		t.Fatalf("%s, %v", d, err)
	}
	have := 0
	for _, n := range nodes {
		if n.store.Has(d) {
			have++
		}
	}
	if have < 2 || !nodes[0].store.Has(d) {
		t.Fatalf("acknowledged on %d of 3 nodes", have)
	}
	// the other transfers run in the background
	await.Poll(t, "both others to have it", func() bool { return nodes[1].store.Has(d) && nodes[2].store.Has(d) })

	other := []byte("only on node 2")
	lone := mustKeep(t, nodes[2].store, other)
	if b, err := nodes[0].Get(t.Context(), lone); err != nil || !bytes.Equal(b, other) {
		t.Fatalf("got %q, %v", b, err)
	}
	if !nodes[0].store.Has(lone) {
		t.Fatal("what was fetched is not kept")
	}
	flipBit(t, nodes[0].store, lone)
	if b, err := nodes[0].Get(t.Context(), lone); err != nil || !bytes.Equal(b, other) {
		t.Fatalf("after corruption: got %q, %v", b, err)
	}
	closeBlobNodes(nodes)
}

func TestPutWithoutAMajorityNamesWhoAnsweredWhat(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	nodes := blobNodes(t, 3, nil, nil)
	nodes[1].port.Close()
	archive := []byte("survives one")
	if _, err := nodes[0].Put(t.Context(), archive); err != nil {
		t.Fatalf("one of three is down: %v", err)
	}
	nodes[2].port.Close()
	_, err := nodes[0].Put(t.Context(), archive)
	var lost *engine.NoQuorum
	if !errors.As(err, &lost) {
		t.Fatalf("two of three are down: %T %v", err, err)
	}
	want.Error(t, err, "on 1 of 3 voters", "n-1: ", "n-2: ")
	_, err = nodes[0].Get(t.Context(), digestOf([]byte("nowhere")))
	if !errors.As(err, new(*engine.Unavailable)) {
		t.Fatalf("got %T", err)
	}
	want.Error(t, err, "n-1 (", "n-2 (", digestOf([]byte("nowhere")).String())
	closeBlobNodes(nodes)
}

func TestPutOnAFullPeerSaysSo(t *testing.T) {
	nodes := blobNodes(t, 3, nil, nil)
	nodes[1].store.cfg.MaxTotal, nodes[2].store.cfg.MaxTotal = 1, 1
	_, err := nodes[0].Put(t.Context(), []byte("too much"))
	want.Error(t, err, "n-1: keep archive: all archives together would take 8 bytes, more than 1")
	var large *catalog.PackageTooLarge
	if _, err := nodes[0].Put(t.Context(), make([]byte, 1<<20+1)); !errors.As(err, &large) {
		t.Fatalf("got %v", err)
	}
}

func TestPutEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := memoryNodes(t, 3, func(ctx context.Context, _, _ string) error { return hang(ctx) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := nodes[0].Put(ctx, []byte("x"))
		want.Error(t, err, "n-1 has not answered yet", "n-2 has not answered yet", "deadline")
		var unknown *engine.Unknown
		if errors.As(err, &unknown) {
			t.Fatal("a put that failed is never unknown")
		}
		closeBlobNodes(nodes) // ends the transfers that hang
	})
}

// In whatever order the nodes answer, a Put succeeds once a majority of the voters has the archive,
// and fails once none can. This node counts if it votes.
func TestPutCountsVotersOnlyAndItself(t *testing.T) {
	for _, c := range []struct {
		name    string
		voters  string // of n-0 to n-4; n-0 puts
		answers string // in order: + takes the archive, - does not
		want    string // after which answer the outcome is certain, and which
	}{
		{"non-voters first", "012", "+3 +4 +1", "3 ok"},
		{"voter first", "012", "+1", "1 ok"},
		{"non-voters do not make up for voters", "012", "+3 +4 -1 -2", "4 failed"},
		{"voters fail before the others have written", "012", "-1 -2", "2 failed"},
		{"non-voters that fail do not count either", "012", "-3 -4 -1 +2", "4 ok"},
		{"a failed voter, and one that follows", "012", "-2 +3 +1", "3 ok"},
		{"it does not vote: two of three others", "123", "+4 +1 +2", "3 ok"},
		{"it does not vote: its own copy is none", "123", "+1 -2 -3", "3 failed"},
		{"it does not vote, two voters", "12", "+3 +1 +2", "3 ok"},
		{"it does not vote, two voters, one fails", "12", "+1 -2", "2 failed"},
		{"five voters", "01234", "+1 -2 -3 +4", "4 ok"},
		{"five voters, three fail", "01234", "+1 -2 -3 -4", "4 failed"},
		{"four voters", "0123", "+4 +1 -2 +3", "4 ok"},
		{"four voters, half is no majority", "0123", "+1 -2 -3", "3 failed"},
		{"it is the only voter", "0", "", "0 ok"},
	} {
		synctest.Test(t, func(t *testing.T) {
			turns := map[string]chan error{}
			for i := range 5 {
				turns[fmt.Sprint("n-", i)] = make(chan error)
			}
			nodes := memoryNodes(t, 5, func(_ context.Context, _, address string) error { return <-turns[address] })
			members := nodes[0].cfg.Members()
			for i := range members {
				members[i].Voter = strings.Contains(c.voters, fmt.Sprint(i))
			}
			outcome := make(chan error, 1)
			go func() {
				_, err := nodes[0].Put(t.Context(), []byte("x"))
				outcome <- err
			}()
			certain := func(n int) string {
				synctest.Wait()
				select {
				case err := <-outcome:
					if err != nil {
						return fmt.Sprint(n, " failed")
					}
					return fmt.Sprint(n, " ok")
				default:
					return ""
				}
			}
			got := certain(0)
			for i, a := range strings.Fields(c.answers) {
				if got != "" {
					t.Fatalf("%s: certain (%s) before the answer %s", c.name, got, a)
				}
				var err error
				if a[0] == '-' {
					err = errors.New("down")
				}
				turns["n-"+a[1:]] <- err
				got = certain(i + 1)
			}
			if got != c.want {
				t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			}
			for _, turn := range turns {
				close(turn)
			}
			closeBlobNodes(nodes)
		})
	}
}

// Members change between a Put and the command that names the archive: the voters at the time of
// the proposal count.
func TestArchiveIsNamedOnlyWhereAMajorityOfTodaysVotersHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := make(chan struct{})
		nodes := memoryNodes(t, 5, func(_ context.Context, _, address string) error {
			switch address {
			case "n-2":
				return errors.New("down")
			case "n-4":
				<-late
			}
			return nil
		})
		members := nodes[0].cfg.Members()
		vote := func(who string) {
			for i := range members {
				members[i].Voter = strings.Contains(who, fmt.Sprint(i))
			}
		}
		vote("012")
		d, err := nodes[0].Put(t.Context(), []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for _, c := range []struct {
			voters string
			ok     bool
		}{{"012", true}, {"02", false}, {"013", true}, {"024", false}, {"0134", true}, {"0124", false}, {"24", false}, {"0", true}} {
			vote(c.voters)
			if err := nodes[0].CheckNamed(d); (err == nil) != c.ok || err != nil && !errors.As(err, new(*engine.Unavailable)) {
				t.Errorf("with the voters %s: %v", c.voters, err)
			}
		}
		vote("024")
		close(late)
		synctest.Wait()
		if err := nodes[0].CheckNamed(d); err != nil {
			t.Errorf("n-4 has it now: %v", err)
		}
		closeBlobNodes(nodes)
	})
}

func TestOldPutsAreNotProposed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memoryNodes(t, 1, nil)[0]
		d, err := n.Put(t.Context(), []byte("x"))
		if err != nil || n.CheckNamed(d) != nil {
			t.Fatalf("a fresh put: %v, %v", err, n.CheckNamed(d))
		}
		time.Sleep(putFresh + time.Second) // the bubble's clock
		if err := n.CheckNamed(d); !errors.As(err, new(*engine.Unavailable)) || !strings.Contains(err.Error(), "10m1s ago") {
			t.Fatalf("a put of 10 minutes ago: %v", err)
		}
		if err := n.CheckNamed(digestOf([]byte("never"))); !errors.As(err, new(*engine.Unavailable)) {
			t.Fatalf("never put: %v", err)
		}
		if _, err := n.Put(t.Context(), []byte("x")); err != nil || n.CheckNamed(d) != nil {
			t.Fatal("putting again does not make it fresh")
		}
		n.Close()
	})
}
