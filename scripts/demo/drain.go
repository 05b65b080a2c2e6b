package main

import (
	"fmt"

	"aion.dev/aion/transport/wire"
)

func (s *story) unloadRefused() error {
	announce("Version 1 cannot be unloaded while an order needs it, and the refusal says which. It may go as soon as it can")
	said, err := s.show(1, "unload", "order", s.v1[:12])
	if err != nil {
		return err
	}
	if err := contains(said, "version_pinned", "order-2"); err != nil {
		return err
	}
	_, err = s.show(0, "unload", "order", s.v1[:12], "--when-drained", "--message", "nobody needs it any more")
	return err
}

func (s *story) move() error {
	announce("Move the %d orders that wait on version 1: each is replayed on version 3 as far as it has come, and moves only if that asks for the same", len(s.onV1))
	for _, id := range s.onV1 {
		if err := s.waitsFor(id, "signal"); err != nil {
			return err
		}
	}
	if _, err := s.show(0, "move", "order", "--from", s.v1[:12], "--to", s.v3[:12]); err != nil {
		return err
	}
	announce("The entry that moved the last one left version 1 without pins, and unloaded it")
	if _, err := s.show(0, "versions", "--type", "order"); err != nil {
		return err
	}
	if err := s.gone(s.v1); err != nil {
		return err
	}
	if _, err := s.show(0, "signal", "order-2", "approval", "--payload", `{"by": "Eve"}`); err != nil {
		return err
	}
	said, err := s.finished("order-2", s.v3)
	if err != nil {
		return err
	}
	if err := contains(said, `"shipping":"free"`); err != nil {
		return err
	}
	var h wire.History
	if err := s.ask(&h, "history", "order-2"); err != nil {
		return err
	}
	for _, e := range h.Events {
		if e.Type == "WorkflowMoved" {
			return nil
		}
	}
	return fmt.Errorf("the history of order-2 does not tell of its move")
}
