package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"aion.dev/aion/transport/wire"
)

// careless gives half of the new orders to a version that fails at once.
func (s *story) careless() error {
	announce("Somebody makes a slip in it on the way. As a canary it gets half of the new orders, and two failures abort it")
	if err := s.slip(); err != nil {
		return err
	}
	if _, err := s.show(0, "deploy", "careless", "--canary", "50%", "--abort-failures", "2", "--message", "free shipping"); err != nil {
		return err
	}
	if err := s.startUntilEnded(); err != nil {
		return err
	}
	announce("The entry that recorded the second failure ended the canary: there is no moment between the two, on no node")
	said, err := s.show(0, "deploys", "--type", "order", "--limit", "1")
	if err != nil {
		return err
	}
	if err := contains(said, "canary_abort"); err != nil {
		return err
	}
	if now, err := s.routed("order"); err != nil || now != s.v1 {
		return fmt.Errorf("order is routed to %s, not %s (%v)", now, s.v1, err)
	}
	return nil
}

// slip copies version 3 with a mistake.
func (s *story) slip() error {
	fmt.Println(paint(dim, "$ cp -rL examples/order-v3 careless && sed -i 's/amount/amuont/' careless/pricing.star"))
	from, to := filepath.Join(s.nodes.dir, "examples", "order-v3"), filepath.Join(s.nodes.dir, "careless")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	module := filepath.Join(to, "pricing.star")
	text, err := os.ReadFile(module)
	if err != nil {
		return err
	}
	return os.WriteFile(module, []byte(strings.ReplaceAll(string(text), "amount", "amuont")), 0o600)
}

func (s *story) fixed() error {
	announce("Without the slip: half of the new orders again, and two completed ones promote it")
	if _, err := s.show(0, "deploy", "examples/order-v3", "--canary", "50%", "--abort-failures", "1", "--promote-after", "2", "--message", "free shipping, now right"); err != nil {
		return err
	}
	if err := s.startUntilEnded(); err != nil {
		return err
	}
	said, err := s.show(0, "deploys", "--type", "order", "--limit", "1")
	if err != nil {
		return err
	}
	if err := contains(said, "canary_promote"); err != nil {
		return err
	}
	if s.v3, err = s.routed("order"); err == nil && s.v3 == s.v1 {
		err = fmt.Errorf("the route did not move")
	}
	return err
}

// startUntilEnded starts orders until the canary has ended by itself. Those of the canary are
// approved at once; those on version 1 wait for somebody.
func (s *story) startUntilEnded() error {
	fmt.Println(paint(dim, "$ aion-node start order --id order-N --input ...   # again and again"))
	var mine []string // started on the canary
	began := s.orders
	return s.until("the canary ends", func() error {
		var c wire.Canaries
		if err := s.ask(&c, "canary", "status"); err != nil {
			return err
		}
		if len(c.Canaries) == 0 {
			fmt.Printf("  %d orders: %d on the canary, %d on version 1\n", s.orders-began, len(mine), s.orders-began-len(mine))
			return nil
		}
		if counts := c.Canaries[0].Counts.Canary; len(mine) < 2 || counts.Completed+counts.Failed == counts.Started {
			id := s.nextOrder()
			var run wire.StartAnswer
			if err := s.ask(&run, "start", "order", "--id", id, "--input", order(id)); err != nil {
				return err
			}
			if run.Version == s.v1 {
				s.onV1 = append(s.onV1, id)
			} else {
				mine = append(mine, id)
				_ = s.ask(new(wire.RunAnswer), "signal", id, "approval", "--payload", `{"by": "Ada"}`) // refused by one that has failed
			}
		}
		return fmt.Errorf("counts are %+v", c.Canaries[0].Counts)
	})
}
