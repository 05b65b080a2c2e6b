package load

// Type is a workflow type in several versions, which a workload loads and unloads.
type Type struct {
	Name     string
	Archives [][]byte // of each version
	Versions []string // the digits of each
}
