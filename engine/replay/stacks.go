package replay

import "aion.dev/aion/engine/runtime"

// Stacks returns where the code waits after the newest turn, if its language can tell; none if the
// code has ended.
func (m *Machine) Stacks() []runtime.Stack {
	if seen, ok := m.exec.(runtime.Inspected); ok && !m.ended && m.broken == nil {
		return seen.Stacks()
	}
	return nil
}
