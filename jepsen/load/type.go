package load

type catalogType struct {
	name     string
	archives [][]byte
	versions []string
}
