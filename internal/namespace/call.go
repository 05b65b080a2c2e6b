package namespace

import "context"

type key struct{}

// With returns a context of a call in a namespace.
func With(ctx context.Context, space string) context.Context {
	return context.WithValue(ctx, key{}, space)
}

// In is the namespace of the call that ctx belongs to. ok is false outside calls: what a node does
// by itself concerns all namespaces.
func In(ctx context.Context) (space string, ok bool) {
	space, ok = ctx.Value(key{}).(string)
	return space, ok
}

// Asked is In for what a caller brings: outside calls that is for default.
func Asked(ctx context.Context) string {
	space, _ := In(ctx)
	return space
}
