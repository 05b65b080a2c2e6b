package main

import "unicode/utf8"

// narrowest lists how narrow columns may become, in the order in which they are narrowed. Ids stay
// whole as long as possible, because people copy them. The first digits identify a version.
var narrowest = []struct {
	of     map[string]int
	others int
}{
	{map[string]int{"WORKFLOW ID": 36, "CHILD": 36, "STATUS": 10}, 8},
	{map[string]int{"WORKFLOW ID": 36, "CHILD": 36, "STATUS": 9, "VERSION": 7, "PREVIOUS": 7, "STARTED": 7}, 5},
	{nil, 4},
}

// between is the space between columns.
const between = 2

// dropped are the columns that are dropped if narrowing is not enough, in this order.
var dropped = []string{"RECORDED BY", "PREVIOUS", "RAFT", "MISSING BLOBS", "CLOSED", "READY ON", "RUN ID", "ACTOR", "LOADED"}

// fit makes rows, starting with the heading, fit into a width: the widest column is narrowed first,
// then columns are dropped, then ids are cut too. Cut text ends in an ellipsis.
func fit(rows [][]string, width int) {
	for _, step := range narrowest {
		least := func(name string) int {
			if n, ok := step.of[name]; ok {
				return n
			}
			return step.others
		}
		for _, drop := range append([]string{""}, dropped...) {
			for i, name := range rows[0] {
				if drop != "" && name == drop {
					for r := range rows {
						rows[r] = append(rows[r][:i:i], rows[r][i+1:]...)
					}
					break
				}
			}
			if narrow(rows, width, least) {
				return
			}
		}
	}
}

// narrow cuts cells until the rows fit. If they cannot fit it cuts nothing and returns false.
func narrow(rows [][]string, width int, least func(string) int) bool {
	columns := make([]int, len(rows[0]))
	total := -between
	for i := range columns {
		for _, row := range rows {
			columns[i] = max(columns[i], utf8.RuneCountInString(row[i]))
		}
		total += columns[i] + between
	}
	for total > width {
		widest := -1
		for i, n := range columns {
			if n > least(rows[0][i]) && (widest < 0 || n > columns[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		columns[widest]--
		total--
	}
	for _, row := range rows {
		for i := range row {
			row[i] = clip(row[i], columns[i])
		}
	}
	return true
}
