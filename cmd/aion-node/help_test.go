package main

import "testing"

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"one two three":          "one two\nthree",
		"one\ntwo\n\nthree four": "one two\n\nthree\nfour",
		"incomprehensible a":     "incomprehensible\na",
	} {
		if got := wrap(text, 9); got != want {
			t.Errorf("%q is wrapped %q, want %q", text, got, want)
		}
	}
}
