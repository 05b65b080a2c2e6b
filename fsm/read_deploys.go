package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// Index implements View.
func (p *picture) Index() uint64 { return p.meta.Index }

// Now implements View.
func (p *picture) Now() history.Time { return p.meta.Now }

// ClusterID implements View.
func (p *picture) ClusterID() string { return p.meta.ClusterID }

// Catalog implements View.
func (p *picture) Catalog() *catalog.Catalog { return p.catalog }

// Deploys implements View.
func (p *picture) Deploys(typ string, limit int, before DeployCursor) (records []DeployRecord, next DeployCursor) {
	end := key(keyDeploy + 1)
	if before != (DeployCursor{}) {
		end = placeKey(keyDeploy, before.Index, before.N)
	}
	p.scanBack(placeKey(keyDeploy, p.meta.DeploysFrom.Index, p.meta.DeploysFrom.N), end, func(_, b []byte) bool {
		var d DeployRecord
		switch {
		case !p.row(b, &d):
			return false
		case typ != "" && d.Type != typ:
			return true
		case len(records) == page(limit):
			last := records[len(records)-1]
			next = DeployCursor{last.Index, last.N}
			return false
		}
		records = append(records, d)
		return true
	})
	return records, next
}

// Pins implements View.
func (p *picture) Pins(v catalog.Version) (c PinCounts) {
	p.row(p.get(versionKey(keyPinCount, v)), &c)
	return c
}

// PinHolders implements View. The cursor is the kind and the number of the last pin returned.
func (p *picture) PinHolders(v catalog.Version, limit int, after string) (list []PinHolder, next string) {
	kind, from, err := parsePinCursor(after)
	if err != nil {
		return nil, ""
	}
	last := ""
	for ; kind <= PinRecordedChild && next == ""; kind, from = kind+1, 0 {
		holders(p, v, kind, from, func(number uint64, id history.RunID, since history.Time) bool {
			if len(list) == page(limit) {
				next = last
				return false
			}
			if r := p.run(id); r != nil {
				list = append(list, r.holder(kind, since))
			}
			last = fmt.Sprintf("%d-%d", kind, number)
			return true
		})
	}
	return list, next
}

// CheckPinCursor refuses, as *catalog.InvalidInput, a cursor that PinHolders cannot have returned.
func CheckPinCursor(cursor string) error {
	_, _, err := parsePinCursor(cursor)
	return err
}

func parsePinCursor(cursor string) (kind PinKind, number uint64, err error) {
	if cursor == "" {
		return PinInFlightStart, 0, nil
	}
	var trailing string
	n, _ := fmt.Sscanf(cursor, "%d-%d%s", &kind, &number, &trailing)
	if n != 2 || kind < PinInFlightStart || kind > PinRecordedChild {
		return 0, 0, &catalog.InvalidInput{Field: "cursor", Reason: fmt.Sprintf("%.40q was not returned by an earlier page", cursor)}
	}
	return kind, number, nil
}

// Nodes implements View.
func (p *picture) Nodes() (nodes []Node) {
	p.s.fail(each(p.snap, keyNode, func(_ []byte, n Node) { nodes = append(nodes, n) }))
	return nodes
}

// Readiness implements View.
func (p *picture) Readiness() (rows []Readiness) {
	p.s.fail(each(p.snap, keyReadiness, func(_ []byte, r Readiness) { rows = append(rows, r) }))
	return rows
}

// Checks implements View.
func (p *picture) Checks() []CheckRow { return p.meta.Checks }

// DigestReports implements View.
func (p *picture) DigestReports(index uint64) (reports []DigestReport) {
	mine := numberKey(keyReport, index)
	p.scan(mine, numberKey(keyReport, index+1), func(k, b []byte) bool {
		reports = append(reports, DigestReport{string(k[len(mine):]), catalog.Digest(b)})
		return true
	})
	return reports
}
