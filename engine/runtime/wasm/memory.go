package wasm

// pageSize is that of WebAssembly; a parked run keeps what differs line by line.
const (
	pageSize = 64 << 10
	lineSize = 64
	blockOf  = 4096 // bytes that are looked at as a whole
)

// image is the memory from which the runs of a guest start.
type image interface {
	// bytes is the memory; nobody changes it.
	bytes() []byte
	// memory makes a copy that can grow up to most bytes.
	memory(most uint64) (memory, error)
	// close gives the image back once no memory is left.
	close()
}

// memory is the linear memory of an instance.
type memory interface {
	// grow makes the memory that large, and returns it. It never shrinks.
	grow(size int) []byte
	// changed returns the blocks of the first size bytes that may differ from the image, in
	// ascending order. The list is the memory's own, until it is asked again.
	changed(size int) []int
	// watch begins to watch whether what this goroutine writes adds to that list, until watched,
	// and reports whether it does. Where it does not, touched says that something may be written.
	watch() bool
	watched()
	touched()
	close()
}
