package rows

// RunQuota is the row of the quota of a workflow type, or of a namespace as a whole, whose name is
// the empty one of that namespace. 0 = no bound. Level 5.
type RunQuota struct {
	Name     string `cbor:"1,keyasint"`
	OpenRuns uint64 `cbor:"2,keyasint,omitempty"`
	Depth    uint64 `cbor:"3,keyasint,omitempty"` // of a run of it below the root of its tree, which has 0
}

// QuotaPrefix is what the keys of all quotas begin with.
func QuotaPrefix() []byte { return append(Key(FamilyStop), 'q') }

// QuotaKey is the key of a quota.
func QuotaKey(name string) []byte { return append(QuotaPrefix(), name...) }
