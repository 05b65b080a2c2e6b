package port

import (
	"cmp"
	"fmt"
)

// Server is a node as a raft configuration knows it.
type Server struct {
	ID      string `json:"id"`
	Address string `json:"address"` // of the node port
}

// String names a server for people.
func (s Server) String() string { return fmt.Sprintf("%s at %s", cmp.Or(s.ID, "whoever"), s.Address) }
