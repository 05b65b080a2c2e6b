package rehearsal

import (
	"context"

	"aion.dev/aion/engine/runtime/starlark/startest"
)

// Broken compiles the test files of a project, and returns which of them cannot be run and why. The
// error is ctx's, or says that the project does not build.
func Broken(ctx context.Context, dir string) (list []*Failure, err error) {
	p, err := open(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, name := range p.files {
		_, err := startest.Load(ctx, p.modules, name, p.archive.Manifest.ABI, p.archive.Manifest.Activities)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			continue
		}
		f := p.explain(err)
		if len(f.Stack) == 0 {
			f.Stack = []Place{{At: name}}
		}
		list = append(list, f)
	}
	return list, nil
}
