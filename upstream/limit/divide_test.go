// Shares of a subject: together they keep the rule of the whole.

package limit_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/upstream/limit"
)

func TestSharesTogetherKeepTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := anyRule(t)
		whole, o, now := subject(t, rule), &oracle{rule: rule}, start
		step := func() { now += limit.Instant(rapid.Int64Range(0, rule.Window.Microseconds()/5).Draw(t, "later")) }
		use := func(s *limit.Subject) {
			n := rapid.Int64Range(1, max(rule.Limit/4, 1)).Draw(t, "n")
			if grant, v := s.Take(limit.Ask{Want: tokens(n)}, now); v.OK {
				o.log = append(o.log, taken{at: grant.At, n: n})
				if over := o.excess(now); over > 0 {
					t.Fatalf("%v: passed by %d: %v", rule, over, o.log)
				}
			}
		}
		for range rapid.IntRange(0, 20).Draw(t, "before") {
			step()
			use(whole)
		}
		most := min(5, rule.Limit)
		if rule.Burst > 0 {
			most = min(most, rule.Burst)
		}
		shares := make([]*limit.Subject, rapid.Int64Range(1, most).Draw(t, "shares"))
		for i := range shares {
			shares[i] = whole.Divided(int64(len(shares)), nil, now)
		}
		for range rapid.IntRange(0, 60).Draw(t, "after") {
			step()
			use(rapid.SampledFrom(shares).Draw(t, "share"))
		}
	})
}

func TestAShareHoldsItsOwnCallsOnly(t *testing.T) {
	s, err := limit.NewSubject([]limit.Axis{{Name: "calls", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency, Limit: 9}}})
	if err != nil {
		t.Fatal(err)
	}
	take(t, s, limit.Amounts{limit.Calls: 9}, start)
	part := s.Divided(3, []int64{2}, start)
	take(t, part, limit.Amounts{limit.Calls: 1}, start)
	refused(t, part, limit.Amounts{limit.Calls: 1}, start)
}

func TestWhatWasCountedElsewhereCounts(t *testing.T) {
	s := tier1(t)
	s.Charge(call(20_000), start)
	s.Raise([]int64{5, 25_000, 0}, start+second)
	s.Raise([]int64{1, 1_000, 0}, start+2*second) // less than is known
	for axis, want := range map[string]int64{"requests": 495, "tokens": 5_000, "day_requests": 9_999} {
		if got := available(s, axis, start+2*second); got != want {
			t.Errorf("%s: %d available, want %d", axis, got, want)
		}
	}
	refused(t, s, call(5_001), start+2*second)
}
