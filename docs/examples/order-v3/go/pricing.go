package main

// What an order costs: large ones ship free.

const (
	freight  = 5
	freeFrom = 100
)

func shipsFree(in Input) bool { return in.Amount >= freeFrom }

func price(in Input) int {
	if shipsFree(in) {
		return in.Amount
	}
	return in.Amount + freight
}

func shipping(in Input) string {
	if shipsFree(in) {
		return "free"
	}
	return "flat rate"
}
