package fsm

// CountRuns implements View.
func (p *picture) CountRuns(f RunFilter) []RunCount { panic("being built") }
