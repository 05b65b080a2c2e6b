package languages

import (
	"os"
	"path/filepath"
	"sync"

	"aion.dev/aion/engine/runtime/wasm"
)

// Local returns the compiler of a command that runs code on the machine of its author. What guests
// are compiled to is kept in the user's folder of caches.
func Local() Compiler { return Compiler{Room: local()} }

var local = sync.OnceValue(func() *wasm.Lazy {
	var cfg wasm.Config
	if dir, err := os.UserCacheDir(); err == nil {
		cfg.CacheDir = filepath.Join(dir, "aion", "guests")
	}
	return &wasm.Lazy{Config: cfg}
})
