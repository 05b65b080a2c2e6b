package rows

// Limits are bounds that apply enforces, so they are part of the state: nodes whose files differ
// would part ways otherwise.
type Limits struct {
	RequestBytes uint64 `cbor:"1,keyasint"` // of given request keys
}

// LimitsKey is the row of what a node's file says. The cluster's limits stand before all of them.
func LimitsKey(node string) []byte { return TextKey(FamilyLimits, node) }
