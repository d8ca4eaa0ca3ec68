package tune

import "testing"

func TestTighten(t *testing.T) {
	var hits []Sample
	add := func(n int, score float64, right bool) {
		for range n {
			hits = append(hits, Sample{Score: score, Right: right})
		}
	}
	add(60, 0.97, true)
	add(1, 0.96, false)
	add(30, 0.95, true)
	add(5, 0.9, false)
	if got := Tighten(hits, 0.98, 0.88); got <= 0.96 || got > 0.97 {
		t.Errorf("%v, want above the wrong one", got)
	}
	if got := Tighten(hits, 0.97, 0.88); got <= 0.9 || got > 0.95 {
		t.Errorf("for less: %v, want to allow for one wrong hit", got)
	}
	if got := Tighten(hits, 0.99, 0.88); got != 1 {
		t.Errorf("for more than 60 flawless hits show: %v", got)
	}
	if got := Tighten(hits, 0.95, 0.96); got <= 0.96 || got > 0.97 {
		t.Errorf("from 0.96: %v is no safer", got)
	}
	if got := Tighten(nil, 0.97, 0.88); got != 1 {
		t.Errorf("without hits: %v", got)
	}
	never := []Sample{{Never: true}, {Score: 0.99, Right: true}}
	if got := Tighten(never, 0.97, 0.88); got != 1 {
		t.Errorf("of one hit: %v", got)
	}
}
