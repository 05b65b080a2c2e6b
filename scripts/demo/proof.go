package main

func (s *story) plan() error {
	announce("A new version, examples/order-v2, ships large orders for nothing and checks every order first. What would a deploy change?")
	said, err := s.show(0, "plan", "examples/order-v2")
	if err != nil {
		return err
	}
	return contains(said, s.v1[:12], "order")
}

func (s *story) backtest() error {
	announce("Would it do the same for the orders there are? Replay their histories on it: nothing is loaded, nothing is executed")
	said, err := s.show(1, "backtest", "examples/order-v2")
	if err != nil {
		return err
	}
	if err := contains(said, "diverged", "order.star:"); err != nil {
		return err
	}
	announce("It waits where version 1 did not, so no order that is under way could go on with it. examples/order-v3 keeps the steps")
	said, err = s.show(0, "backtest", "examples/order-v3", "--runs", "open")
	if err != nil {
		return err
	}
	return contains(said, "same")
}
