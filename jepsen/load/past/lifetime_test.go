package past

import (
	"testing"
	"time"
)

func TestTwiceOpen(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	for name, test := range map[string]struct {
		lives []Lifetime
		twice bool
	}{
		"one after another":           {[]Lifetime{{"a", at(1), at(2)}, {"b", at(2), at(3)}}, false},
		"begun and ended in one time": {[]Lifetime{{"b", at(1), at(3)}, {"a", at(1), at(1)}}, false},
		"both open":                   {[]Lifetime{{"a", at(1), at(3)}, {"b", at(2), at(4)}}, true},
		"one within another":          {[]Lifetime{{"a", at(1), at(9)}, {"b", at(2), at(3)}, {"c", at(4), at(5)}}, true},
	} {
		if found := TwiceOpen(map[string][]Lifetime{"w": test.lives}); (len(found) > 0) != test.twice {
			t.Errorf("%s: %v", name, found)
		}
	}
}
