// Package tour goes through the console in a real browser, against three nodes that run as
// processes of the real binary and have realistic data: seed_test.go makes it.
//
// It decides whether every page and every action works, also while a leader is killed. It serves
// nothing and nobody imports it. Without Chromium its tests are skipped, and say so.
//
//	go test ./transport/console/tour -run TestHold -hold    # the same cluster, until Ctrl-C
//
// Begin with tour_test.go.
package tour
