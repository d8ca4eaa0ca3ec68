// No schedule passes the declared rule, and no time that was promised is missed:
// both against a log of everything that was taken.

package limit_test

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/upstream/limit"
)

// taken is one amount in the oracle's log, at the time that it counts from.
type taken struct {
	at  limit.Instant
	n   int64
	own bool // granted, and not charged whether it fitted or not
}

// oracle keeps everything that was taken and tells by brute force what the rule
// counts at a time. It shares nothing with what it judges.
type oracle struct {
	rule limit.Rule
	log  []taken
}

func (o *oracle) windowMicros() int64 {
	switch {
	case o.rule.Counting == limit.UTCDay || o.rule.Counting == limit.RollingDay:
		return 86_400_000_000
	case o.rule.Window == 0:
		return 60_000_000
	}
	return o.rule.Window.Microseconds()
}

// excess is by how much the rule is passed at the time now; not above 0 if it
// holds.
func (o *oracle) excess(now limit.Instant) int64 {
	w := limit.Instant(o.windowMicros())
	var sum int64
	switch o.rule.Counting {
	case limit.TokenBucket:
		return o.bucketExcess()
	case limit.FixedWindow, limit.UTCDay:
		for _, t := range o.log {
			if t.at/w == now/w {
				sum += t.n
			}
		}
	default:
		for _, t := range o.log {
			if t.at >= now-w && t.at <= now {
				sum += t.n
			}
		}
	}
	return sum - o.rule.Limit
}

// bucketExcess plays the log through a bucket in exact fractions and returns
// by how much it is overdrawn in the end.
func (o *oracle) bucketExcess() int64 {
	burst := o.rule.Burst
	if burst == 0 {
		burst = o.rule.Limit
	}
	level, last := big.NewRat(burst, 1), limit.Instant(0)
	for _, t := range o.log {
		level.Add(level, big.NewRat(int64(t.at-last)*o.rule.Limit, o.windowMicros()))
		if full := big.NewRat(burst, 1); level.Cmp(full) > 0 {
			level = full
		}
		level.Sub(level, big.NewRat(t.n, 1))
		last = t.at
	}
	if level.Sign() >= 0 {
		return 0
	}
	return 1
}

// anyRule is a rule with small figures, so that schedules reach its edges.
func anyRule(t *rapid.T) limit.Rule {
	r := limit.Rule{
		Counting: rapid.SampledFrom([]limit.Counting{
			limit.TokenBucket, limit.SlidingWindow, limit.FirstUseWindow, limit.FixedWindow,
		}).Draw(t, "counting"),
		Limit:  rapid.Int64Range(1, 60).Draw(t, "limit"),
		Window: time.Duration(rapid.IntRange(1, 40).Draw(t, "window")) * 25 * time.Millisecond,
	}
	if r.Counting == limit.TokenBucket {
		r.Burst = rapid.Int64Range(0, 90).Draw(t, "burst")
	}
	return r
}

const start = limit.Instant(946_684_800_000_000)

func subject(t rapid.TB, rules ...limit.Rule) *limit.Subject {
	t.Helper()
	axes := make([]limit.Axis, len(rules))
	for i, r := range rules {
		axes[i] = limit.Axis{Name: string(rune('a' + i)), Unit: limit.TotalTokens, Rule: r}
	}
	s, err := limit.NewSubject(axes)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tokens(n int64) limit.Amounts { return limit.Amounts{limit.TotalTokens: n} }

// held is a grant that may still be given back.
type held struct {
	grant limit.Grant
	entry int // in the oracle's log
}

func TestNoScheduleBreaksTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := anyRule(t)
		s, o, now := subject(t, rule), &oracle{rule: rule}, start
		var open []held
		step := func(label string) { // also a little back
			now += limit.Instant(rapid.Int64Range(-2_000, rule.Window.Microseconds()/3).Draw(t, label))
			if n := len(o.log); n > 0 {
				now = max(now, o.log[n-1].at-2_000)
			}
		}
		latest := func(at limit.Instant) limit.Instant {
			if n := len(o.log); n > 0 {
				at = max(at, o.log[n-1].at)
			}
			return at
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				step("later")
				n := rapid.Int64Range(0, rule.Limit+3).Draw(t, "n")
				grant, v := s.Take(limit.Ask{Want: tokens(n)}, now)
				if !v.OK {
					checkPromise(t, s, n, v, now)
					return
				}
				o.log = append(o.log, taken{at: latest(grant.At), n: n, own: true})
				if over := o.excess(latest(grant.At)); n > 0 && over > 0 {
					t.Fatalf("%v: took %d at %d, and passed the rule by %d: %v", rule, n, grant.At, over, o.log)
				}
				open = append(open, held{grant, len(o.log) - 1})
			},
			"settle": func(t *rapid.T) {
				step("later")
				if len(open) == 0 {
					t.Skip("nothing is open")
				}
				i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
				h := open[i]
				open = append(open[:i], open[i+1:]...)
				used := rapid.Int64Range(0, rule.Limit*2).Draw(t, "used")
				if estimate := h.grant.Amounts[limit.TotalTokens]; used > estimate {
					s.Settle(h.grant, tokens(used), now)
					o.log = append(o.log, taken{at: latest(now), n: used - estimate})
					return
				}
				s.Settle(h.grant, tokens(used), now)
				o.log[h.entry].n = used
			},
			"refund": func(t *rapid.T) {
				step("later")
				if len(open) == 0 {
					t.Skip("nothing is open")
				}
				h := open[len(open)-1]
				open = open[:len(open)-1]
				s.Refund(h.grant, now)
				o.log[h.entry].n = 0
			},
		})
	})
}

// checkPromise asks a copy of s again at the promised time, and just before.
func checkPromise(t *rapid.T, s *limit.Subject, n int64, v limit.Verdict, now limit.Instant) {
	t.Helper()
	states, pause := s.Save()
	again := func(at limit.Instant) bool {
		if err := s.Restore(states, pause); err != nil {
			t.Fatal(err)
		}
		_, v := s.Take(limit.Ask{Want: tokens(n)}, at)
		return v.OK
	}
	defer func() {
		if err := s.Restore(states, pause); err != nil {
			t.Fatal(err)
		}
	}()
	if v.At == limit.Never {
		if again(now + 1e15) {
			t.Fatalf("%d never fits, and fits later", n)
		}
		return
	}
	if !again(v.At) {
		t.Fatalf("%d was promised at %d, from %d, and does not fit", n, v.At, now)
	}
	if v.At-1 > now && v.At-1 > states[0].At && again(v.At-1) {
		t.Fatalf("%d was promised at %d and fits earlier", n, v.At)
	}
}

// A provider counts calls when they arrive, up to Slack later, out of order.
func TestSlackCoversTheWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := anyRule(t)
		rule.Slack = rule.Window / time.Duration(rapid.IntRange(4, 20).Draw(t, "slack"))
		s, now := subject(t, rule), start
		o := &oracle{rule: rule}
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			n := rapid.Int64Range(1, rule.Limit).Draw(t, "n")
			_, v := s.Take(limit.Ask{Want: tokens(n)}, now)
			if v.At == limit.Never {
				continue
			}
			if !v.OK {
				now = v.At
				if _, v = s.Take(limit.Ask{Want: tokens(n)}, now); !v.OK {
					t.Fatalf("promised at %d, then at %d", now, v.At)
				}
			}
			delay := rapid.Int64Range(0, rule.Slack.Microseconds()).Draw(t, "delay")
			o.arrive(taken{at: now + limit.Instant(delay), n: n})
			now += limit.Instant(rapid.SampledFrom([]int64{0, 0, 1, 3_000, 30_000}).Draw(t, "pause"))
		}
		log := o.log
		for i := range log {
			o.log = log[:i+1]
			if over := o.excess(log[i].at); over > 0 {
				t.Fatalf("%v, slack %s: passed by %d with call %d of %v", rule, rule.Slack, over, i, log)
			}
		}
	})
}

func (o *oracle) arrive(t taken) {
	i := len(o.log)
	for i > 0 && o.log[i-1].at > t.at {
		i--
	}
	o.log = append(o.log, taken{})
	copy(o.log[i+1:], o.log[i:])
	o.log[i] = t
}

// A backlog uses what the rule gives: all of it but what does not fit a whole
// call, and the part of a window's log that is rounded.
func TestBacklogUsesTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := anyRule(t)
		even := rapid.Bool().Draw(t, "even")
		n := rapid.Int64Range(1, rule.Limit).Draw(t, "n")
		if rule.Burst != 0 {
			n = min(n, rule.Burst)
		}
		const windows = 20
		s, now, got := subject(t, rule), start, int64(0)
		for end := start + limit.Instant(windows*rule.Window.Microseconds()); now < end; {
			_, v := s.Take(limit.Ask{Want: tokens(n), Even: even}, now)
			if v.OK {
				got += n
				continue
			}
			if v.At <= now {
				t.Fatalf("refused at %d until %d", now, v.At)
			}
			now = v.At
		}
		whole := float64(rule.Limit / n * n)
		if rule.Counting == limit.TokenBucket {
			whole = float64(rule.Limit)
		}
		if want := whole*(windows-1)*0.985 - float64(n); float64(got) < want {
			t.Fatalf("%v: calls of %d got %d in %d windows, want %.0f (even %v)", rule, n, got, windows, want, even)
		}
	})
}
