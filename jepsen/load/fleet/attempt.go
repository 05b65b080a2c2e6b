package fleet

// Attempt names one attempt of one step.
type Attempt struct {
	Run     string
	Step    uint64
	Attempt uint32
}
