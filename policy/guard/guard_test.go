package guard_test

import (
	"testing"

	"github.com/askonce/askonce/policy/guard"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		list []string
		want guard.Set
	}{
		{nil, guard.None},
		{[]string{"all"}, guard.All},
		{[]string{"none"}, guard.None},
		{[]string{"numbers"}, guard.Of(guard.Numbers)},
		{[]string{"all", "-numbers"}, guard.All &^ guard.Of(guard.Numbers)},
		{[]string{"-numbers"}, guard.All &^ guard.Of(guard.Numbers)},
	} {
		if got, err := guard.Parse(test.list, guard.All); err != nil || got != test.want {
			t.Errorf("%v: %v, %v; want %v", test.list, got, err, test.want)
		}
	}
	if _, err := guard.Parse([]string{"number"}, guard.All); err == nil {
		t.Error("an unknown guard was taken")
	}
}
