package fsm

// recency is an order of last use. It is threaded through what it orders, so that moving one costs
// no memory; whoever has it guards it.
type recency[T any, P used[T]] struct{ newest, oldest P }

// neighbours are the links of one thing in a recency.
type neighbours[T any] struct{ newer, older *T }

// used is what a recency can order: it says where its links are.
type used[T any] interface {
	*T
	neighbours() *neighbours[T]
}

// push puts what is not in the order at its newest end.
func (r *recency[T, P]) push(x P) {
	*x.neighbours() = neighbours[T]{older: r.newest}
	if r.newest != nil {
		r.newest.neighbours().newer = x
	} else {
		r.oldest = x
	}
	r.newest = x
}

// unlink takes what is in the order out of it.
func (r *recency[T, P]) unlink(x P) {
	n := x.neighbours()
	if n.newer != nil {
		P(n.newer).neighbours().older = n.older
	} else {
		r.newest = n.older
	}
	if n.older != nil {
		P(n.older).neighbours().newer = n.newer
	} else {
		r.oldest = n.newer
	}
	*n = neighbours[T]{}
}
