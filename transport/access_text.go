package transport

import "strings"

// subjects are how docs/ACCESS.md calls what grants are limited by.
var subjects = map[subject]string{
	ofNobody: "", ofAll: "without limit", ofAny: "with any limit", ofType: "of the type", ofTypeAsked: "of the type asked for (`?type=`), or without limit",
	ofVersion: "of all types of the version", ofRun: "of the run's type", ofSchedule: "of the schedule's type", ofQueue: "of the queue",
	ofQueueSeen: "without limit, or `work` of the queue", ofTasks: "of the task's queue", ofBody: "of the types that the body names",
	ofSpaces: "with any limit; what it reaches is listed", ofSpace: "of the namespace",
}

// String is the row of docs/ACCESS.md.
func (a access) String() string {
	if a.of == ofNobody {
		return "any token"
	}
	words := make([]string, len(a.kinds))
	for i, k := range a.kinds {
		words[i] = "`" + string(k) + "`"
	}
	return strings.TrimSpace(strings.Join(words, " and ") + " " + subjects[a.of])
}
