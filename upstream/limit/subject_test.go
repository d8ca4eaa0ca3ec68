// Several axes at once, the provider's word, and figures at their ends.

package limit_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/upstream/limit"
)

const second = limit.Instant(1_000_000)

// tier1 is what most tests take from.
func tier1(t testing.TB) *limit.Subject {
	t.Helper()
	p, err := limit.Lookup("openai/gpt-4o/tier-1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := limit.NewSubject(p.Axes)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func call(n int64) limit.Amounts { return limit.Amounts{limit.Requests: 1, limit.TotalTokens: n} }

func take(t testing.TB, s *limit.Subject, want limit.Amounts, now limit.Instant) limit.Grant {
	t.Helper()
	grant, v := s.Take(limit.Ask{Want: want}, now)
	if !v.OK {
		t.Fatalf("%v at %d: refused until %d by %s", want, now, v.At, v.Axis)
	}
	return grant
}

func refused(t testing.TB, s *limit.Subject, want limit.Amounts, now limit.Instant) limit.Verdict {
	t.Helper()
	_, v := s.Take(limit.Ask{Want: want}, now)
	if v.OK {
		t.Fatalf("%v at %d was taken", want, now)
	}
	return v
}

func available(s *limit.Subject, axis string, now limit.Instant) int64 {
	list := s.Standings(now)
	return list[slices.IndexFunc(list, func(st limit.Standing) bool { return st.Name == axis })].Available
}

func TestAllAxesOrNone(t *testing.T) {
	s := tier1(t)
	take(t, s, call(29_000), start)
	if v := refused(t, s, call(2_000), start+second); v.Axis != "tokens" || v.At != start+60*second+1 {
		t.Errorf("got %+v", v)
	}
	if got := available(s, "requests", start+second); got != 499 {
		t.Errorf("a refused take left %d of 499 requests", got)
	}
	if v := refused(t, s, call(30_001), start+second); v.At != limit.Never {
		t.Errorf("30,001 of 30,000: %+v", v)
	}
}

func TestRefundGivesBackOnlyWhatHasNotRunOff(t *testing.T) {
	s := subject(t, limit.Rule{Counting: limit.TokenBucket, Limit: 10, Window: time.Second})
	a, b := take(t, s, tokens(5), start), take(t, s, tokens(5), start)
	s.Refund(a, start)
	take(t, s, tokens(10), start+second/2) // what was b's has run off
	s.Refund(b, start+second/2)
	refused(t, s, tokens(1), start+second/2)
}

func TestRefundGivesBackNothingThatHasLeftTheWindow(t *testing.T) {
	s := subject(t, limit.Rule{Counting: limit.SlidingWindow, Limit: 10})
	old := take(t, s, tokens(5), start)
	take(t, s, tokens(5), start+30*second)
	s.Refund(old, start+61*second)
	take(t, s, tokens(5), start+61*second)
	refused(t, s, tokens(1), start+61*second)
}

func TestKeptEstimatesAreNotRefunded(t *testing.T) {
	rule := limit.Rule{Counting: limit.SlidingWindow, Limit: 10, Keeps: true}
	s := subject(t, rule)
	s.Settle(take(t, s, tokens(10), start), tokens(2), start+second)
	refused(t, s, tokens(1), start+second)

	s = subject(t, rule)
	s.Refund(take(t, s, tokens(10), start), start+second)
	take(t, s, tokens(10), start+second)
}

func TestOverdrawnIsPaidBack(t *testing.T) {
	s := subject(t, limit.Rule{Counting: limit.TokenBucket, Limit: 60, Window: time.Minute})
	s.Settle(take(t, s, tokens(60), start), tokens(90), start)
	if v := refused(t, s, tokens(1), start); v.At != start+31*second {
		t.Errorf("got %+v", v)
	}
	take(t, s, tokens(0), start)
}

func TestConcurrencyWaitsForARelease(t *testing.T) {
	s, err := limit.NewSubject([]limit.Axis{
		{Name: "calls", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency, Limit: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	one := limit.Amounts{limit.Calls: 1}
	grant := take(t, s, one, start)
	if v := refused(t, s, one, start+1000*second); v.At != limit.OnRelease {
		t.Errorf("got %+v", v)
	}
	s.Settle(grant, limit.Amounts{}, start+second)
	take(t, s, one, start+second)
}

func TestCountedAtTheEnd(t *testing.T) {
	s := subject(t, limit.Rule{Counting: limit.SlidingWindow, Limit: 10, AtEnd: true})
	grant := take(t, s, tokens(6), start)
	if v := refused(t, s, tokens(5), start+300*second); v.At != limit.OnRelease {
		t.Errorf("what is held ran off: %+v", v)
	}
	s.Settle(grant, tokens(8), start+300*second)
	if v := refused(t, s, tokens(5), start+301*second); v.At != start+360*second+1 {
		t.Errorf("not counted when it ended: %+v", v)
	}
}

func TestEvenWorkLeavesRoomAllTheTime(t *testing.T) {
	s := subject(t, limit.Rule{Counting: limit.FixedWindow, Limit: 60})
	now, got := start, 0
	for now < start+60*second {
		_, v := s.Take(limit.Ask{Want: tokens(1), Even: true}, now)
		if v.OK {
			got++
			continue
		}
		now = v.At
	}
	if got != 60 {
		t.Errorf("background work got %d of 60", got)
	}
	if at := now.Sub(start); at != time.Minute {
		t.Errorf("its last turn came at %s", at)
	}
}

func TestLeaveIsLeft(t *testing.T) {
	s := subject(t, limit.Rule{Counting: limit.SlidingWindow, Limit: 10})
	leaving := limit.Ask{Want: tokens(1), Leave: tokens(3)}
	for range 7 {
		if _, v := s.Take(leaving, start); !v.OK {
			t.Fatal(v)
		}
	}
	if _, v := s.Take(leaving, start); v.OK {
		t.Error("took what was to be left")
	}
	if _, v := s.Take(limit.Ask{Want: tokens(1), Spare: tokens(9)}, start); !v.OK {
		t.Errorf("left more than a quarter: %+v", v)
	}
	if _, v := s.Take(limit.Ask{Want: tokens(1), Spare: tokens(9)}, start); v.OK {
		t.Error("took what was to be spared")
	}
	take(t, s, tokens(2), start)
}

func TestProjectionSeesTheQueueAhead(t *testing.T) {
	for _, c := range []struct {
		rule  limit.Rule
		ahead int64
		want  time.Duration
	}{
		{limit.Rule{Counting: limit.TokenBucket, Limit: 60}, 60, time.Second},
		{limit.Rule{Counting: limit.TokenBucket, Limit: 60}, 179, 2 * time.Minute},
		{limit.Rule{Counting: limit.FixedWindow, Limit: 60}, 59, 0},
		{limit.Rule{Counting: limit.FixedWindow, Limit: 60}, 60, time.Minute},
		{limit.Rule{Counting: limit.SlidingWindow, Limit: 60}, 60, time.Minute},
	} {
		v := subject(t, c.rule).Project(tokens(c.ahead), limit.Ask{Want: tokens(1)}, start)
		if got := v.At.Sub(start).Round(time.Millisecond); got != c.want {
			t.Errorf("%v, %d ahead: got %s, want %s", c.rule, c.ahead, got, c.want)
		}
	}
}

func TestTheProvidersWord(t *testing.T) {
	s := tier1(t)
	early := take(t, s, call(1_000), start)
	late := take(t, s, call(1_000), start+second)
	now := start + 2*second

	// Somebody else used 9,000. Both answers tell of it, the later one first.
	s.Adjust(late, limit.Word{Axis: "tokens", Limit: 30_000, Remaining: 19_000}, now)
	s.Adjust(early, limit.Word{Axis: "tokens", Limit: 30_000, Remaining: 20_000}, now)
	if got := available(s, "tokens", now); got != 19_000 {
		t.Errorf("%d left, want 19,000", got)
	}
	// What is on its way to the provider is not in its count.
	s.Adjust(late, limit.Word{Axis: "tokens", Limit: 30_000, Remaining: 29_000}, now)
	if got := available(s, "tokens", now); got != 19_000 {
		t.Errorf("%d left after a word that knows less, want 19,000", got)
	}
	// The real limit is half of what was configured.
	s.Adjust(late, limit.Word{Axis: "tokens", Limit: 15_000, Remaining: -1}, now)
	if got := available(s, "tokens", now); got != 4_000 {
		t.Errorf("%d left of 15,000, want 4,000", got)
	}
	// More than is configured is not believed.
	s.Adjust(late, limit.Word{Axis: "tokens", Limit: 60_000, Remaining: -1}, now)
	if got := available(s, "tokens", now); got != 19_000 {
		t.Errorf("%d left of 30,000, want 19,000", got)
	}
}

func TestAWordsResetEndsWhatItCounted(t *testing.T) {
	s := tier1(t)
	grant := take(t, s, call(1), start)
	s.Adjust(grant, limit.Word{Axis: "tokens", Limit: 30_000, Remaining: 0, Reset: start + 20*second}, start+second)
	// Joined to the mark of the call, which is the next later one there is.
	if v := refused(t, s, call(10), start+2*second); v.At > start+61*second {
		t.Errorf("got %s", v.At.Sub(start))
	}
}

// A provider that has counted more, 300 at 1 s, has room for all 600 at 31 s.
// What goes there then may be a second quicker than what it spoke of.
func TestAWordLeavesABucketItsSlack(t *testing.T) {
	s, err := limit.NewSubject([]limit.Axis{{Name: "tokens", Unit: limit.TotalTokens, Rule: limit.Rule{
		Counting: limit.TokenBucket, Limit: 600, Slack: time.Second,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	take(t, s, call(100), start)
	grant := take(t, s, call(100), start+second)
	s.Adjust(grant, limit.Word{Axis: "tokens", Limit: 600, Remaining: 300}, start+second)
	if v := refused(t, s, call(600), start+31*second); v.At != start+32*second {
		t.Errorf("all of it fits %d us after the start, want 32 s", v.At-start)
	}
}

func TestPause(t *testing.T) {
	s := tier1(t)
	s.Pause(start + 10*second)
	s.Pause(start + 5*second)
	if v := refused(t, s, call(1), start); v.At != start+10*second || v.Axis != "" {
		t.Errorf("got %+v", v)
	}
	take(t, s, call(1), start+10*second)
}

func TestAClockSetBackDoesNotStop(t *testing.T) {
	for _, counting := range []limit.Counting{limit.TokenBucket, limit.SlidingWindow, limit.FixedWindow} {
		s := subject(t, limit.Rule{Counting: counting, Limit: 2})
		now := start + 100_000*second
		take(t, s, tokens(2), now)
		now -= 50_000 * second
		if v := refused(t, s, tokens(1), now); v.At > now+61*second {
			t.Errorf("%s: blocked for %s", counting, v.At.Sub(now))
		}
	}
}

func TestHugeFiguresDoNotOverflow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := anyRule(t)
		rule.Limit, rule.Burst = rapid.Int64Range(1, 1<<50).Draw(t, "limit"), 0
		rule.Window = time.Duration(rapid.Int64Range(1e6, int64(366*24*time.Hour)).Draw(t, "window"))
		s, now := subject(t, rule), start
		big := rapid.Int64Range(math.MinInt64, math.MaxInt64)
		for range 20 {
			grant, v := s.Take(limit.Ask{Want: tokens(big.Draw(t, "n")), Leave: tokens(big.Draw(t, "leave"))}, now)
			if v.OK {
				s.Settle(grant, tokens(big.Draw(t, "used")), now)
			} else if v.At <= now {
				t.Fatalf("refused at %d until %d", now, v.At)
			}
			if v := s.Project(tokens(big.Draw(t, "ahead")), limit.Ask{Want: tokens(big.Draw(t, "want"))}, now); v.At < now {
				t.Fatalf("projected %d at %d", v.At, now)
			}
			s.Adjust(grant, limit.Word{Axis: "a", Limit: big.Draw(t, "word"), Remaining: big.Draw(t, "remaining")}, now)
			for _, st := range s.Standings(now) {
				if st.Available < 0 || st.Used < 0 || st.Capacity < 1 {
					t.Fatalf("got %+v", st)
				}
			}
			now += limit.Instant(rapid.Int64Range(0, 1e12).Draw(t, "later"))
		}
	})
}

func TestStateSurvivesItsText(t *testing.T) {
	s := tier1(t)
	take(t, s, call(20_000), start)
	states, pause := s.Save()
	text, err := json.Marshal(states)
	if err != nil {
		t.Fatal(err)
	}
	var back []limit.State
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	other := tier1(t)
	if err := other.Restore(back, pause); err != nil {
		t.Fatal(err)
	}
	if got := available(other, "tokens", start+second); got != 10_000 {
		t.Errorf("%d left, want 10,000", got)
	}
}

func TestALogIsBounded(t *testing.T) {
	s := subject(t, limit.Rule{Counting: limit.RollingDay, Limit: 1 << 40})
	for i := range 200_000 {
		take(t, s, tokens(1), start+limit.Instant(i)*second)
	}
	if states, _ := s.Save(); len(states[0].Log) > 130 {
		t.Errorf("%d marks", len(states[0].Log))
	}
}

func BenchmarkTake(b *testing.B) {
	s := tier1(b)
	now := start
	b.ReportAllocs()
	for b.Loop() {
		now += 10
		grant, _ := s.Take(limit.Ask{Want: call(1)}, now)
		s.Settle(grant, call(0), now)
	}
}
