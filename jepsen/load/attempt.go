package load

// attemptOf names one attempt of one step.
type attemptOf struct {
	run     string
	step    uint64
	attempt uint32
}
