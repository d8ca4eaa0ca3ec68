package spelling_test

import (
	"testing"

	"github.com/askonce/askonce/internal/spelling"
)

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"tier", "", 4}, {"", "tier", 4}, {"tier-1", "tier-1", 0},
		{"teir-1", "tier-1", 2}, {"tier1", "tier-1", 1}, {"tier-2", "tier-1", 1}, {"kitten", "sitting", 3},
	} {
		if got := spelling.Distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
