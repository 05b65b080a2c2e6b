package main

import (
	"fmt"

	"aion.dev/aion/transport/worker"
)

// Each activity works a while, has one effect, and says what came of it. An attempt can be lost
// after its effect and before its answer, so the next attempt has the effect again: what stands
// behind must take the step's key (here: the order) and do nothing the second time. The answers
// follow from the input alone, so it does not matter which attempt is heard.
var activities = map[string]func(*attempt) (any, error){
	// saga
	"reserve_stock": func(a *attempt) (any, error) {
		if a.in.Item == "popular" && a.Attempt < 3 {
			return nil, &worker.Failure{Kind: "busy", Message: "the warehouse is busy"} // the next attempt may fare better
		}
		if a.in.Item == "unobtainium" {
			return nil, worker.Failf("out_of_stock", "there is no unobtainium") // no attempt ever will
		}
		return map[string]string{"reservation": a.in.Order + "/stock"}, a.effect()
	},
	"release_stock": func(a *attempt) (any, error) { return nil, a.effect() },
	"charge_card": func(a *attempt) (any, error) {
		if a.in.Card == "declined" {
			return nil, worker.Failf("card_declined", "the bank says no")
		}
		return map[string]string{"charge": a.in.Order + "/charge"}, a.effect()
	},
	"refund_card": func(a *attempt) (any, error) { return nil, a.effect() },
	"ship_order": func(a *attempt) (any, error) {
		if a.in.Address == "nowhere" {
			return nil, worker.Failf("no_such_address", "nobody lives nowhere")
		}
		return map[string]string{"parcel": a.in.Order + "/parcel"}, a.effect()
	},

	// batch: page after page, and each heartbeat says which is the next one
	"process_item": func(a *attempt) (any, error) {
		if a.in.Pages < 0 {
			return nil, worker.Failf("bad_item", "it has %d pages", a.in.Pages)
		}
		page := 0
		if _, err := a.Details(&page); err != nil {
			return nil, err
		}
		for ; page < a.in.Pages; page++ {
			if err := a.work(); err != nil {
				return nil, err
			}
			if err := a.Heartbeat(page + 1); err != nil {
				return nil, err
			}
		}
		return map[string]int{"id": a.in.ID, "words": 100 * a.in.Pages}, a.effect()
	},

	// transfer
	"withdraw": func(a *attempt) (any, error) {
		if a.in.Account == "broke" {
			return nil, worker.Failf("insufficient_funds", "there is nothing on it")
		}
		return map[string]string{"movement": a.in.Transfer}, a.effect()
	},
	"deposit": func(a *attempt) (any, error) {
		if a.in.Account == "closed" {
			return nil, worker.Failf("account_closed", "there is no such account any more")
		}
		return map[string]string{"movement": a.in.Transfer}, a.effect()
	},

	// polling
	"start_job": func(a *attempt) (any, error) { return map[string]string{"id": a.in.Job}, a.effect() },
	"check_job": func(a *attempt) (any, error) {
		switch {
		case a.in.Job == "lost":
			return nil, worker.Failf("unknown_job", "nobody knows of it")
		case a.in.Job == "endless" || a.in.Question < 2:
			return map[string]string{"state": "running"}, a.effect()
		}
		return map[string]string{"state": "done"}, a.effect()
	},
	"stop_job": func(a *attempt) (any, error) { return nil, a.effect() },

	// approval, account
	"notify": func(a *attempt) (any, error) { return nil, a.effect() },

	// subscription
	"charge_subscription": func(a *attempt) (any, error) {
		if a.in.Customer == "broke" && a.in.Period > 4 {
			return nil, worker.Failf("card_declined", "the bank says no")
		}
		return map[string]string{"receipt": fmt.Sprintf("%s/%d", a.in.Customer, a.in.Period)}, a.effect()
	},
}

// input is what the examples give to activities, together.
type input struct {
	Order, Item, Card, Address, Customer string
	Transfer, Account, Job               string
	ID, Pages, Period, Question          int
}
