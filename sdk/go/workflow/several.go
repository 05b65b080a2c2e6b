package workflow

// Modes of waiting.
const (
	waitOne     = 0
	waitAll     = 1
	waitRace    = 2
	waitSettled = 3
	waitAny     = 4
	waitIdle    = 5
)

// All waits until all futures have succeeded, and returns their values in order. If one fails, the
// others are cancelled, and the failure is returned.
func All[T any](ctx Context, futures ...*Future[T]) ([]T, error) {
	if failed := await(ctx, waitAll, ordinals(futures)); failed >= 0 {
		_, err := futures[failed].now()
		return nil, err
	}
	values := make([]T, len(futures))
	for i, f := range futures {
		v, err := f.now()
		if err != nil { // the value has another type
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// TryAll waits as All does, and then for what becomes of those that were cancelled. It returns the
// outcomes in order.
func TryAll[T any](ctx Context, futures ...*Future[T]) []Outcome[T] {
	ids := ordinals(futures)
	await(ctx, waitAll, ids)
	for _, f := range futures {
		if !f.Done() { // it was asked to end
			await(ctx, waitSettled, ids)
			break
		}
	}
	return outcomes(futures)
}

// Settled waits until all futures are done, and returns their outcomes in order. It cancels
// nothing.
func Settled[T any](ctx Context, futures ...*Future[T]) []Outcome[T] {
	await(ctx, waitSettled, ordinals(futures))
	return outcomes(futures)
}

// Race waits until one of the futures is done, cancels the others, and returns the position of the
// one that was done first. The winner's Get tells its outcome. Others may be done as well: those
// keep what they have got.
func Race(ctx Context, futures ...Waitable) int {
	return await(ctx, waitRace, positions(futures))
}

// Any waits until one of the futures is done, and returns its position. It cancels nothing: wait
// again for the rest.
func Any(ctx Context, futures ...Waitable) int {
	return await(ctx, waitAny, positions(futures))
}

// now returns the outcome of a future that is done.
func (f *Future[T]) now() (T, error) {
	f.take(&f.value)
	return f.value, f.err
}

func outcomes[T any](futures []*Future[T]) []Outcome[T] {
	list := make([]Outcome[T], len(futures))
	for i, f := range futures {
		list[i].Value, list[i].Err = f.now()
	}
	return list
}

func ordinals[T any](futures []*Future[T]) []uint64 {
	ids := make([]uint64, len(futures))
	for i, f := range futures {
		ids[i] = f.id
	}
	return ids
}

func positions(futures []Waitable) []uint64 {
	if len(futures) == 0 {
		panic(misuse("there is no future to wait for"))
	}
	ids := make([]uint64, len(futures))
	for i, f := range futures {
		ids[i] = f.core().id
	}
	return ids
}
