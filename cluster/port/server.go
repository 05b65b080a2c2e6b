package port

import (
	"cmp"
	"fmt"
)

// Server is a node as it appears in a raft configuration.
type Server struct {
	ID      string `json:"id"`
	Address string `json:"address"` // of the node port
}

// String returns a readable name.
func (s Server) String() string { return fmt.Sprintf("%s at %s", cmp.Or(s.ID, "whoever"), s.Address) }
