// The script against the arithmetic that it repeats.

package redisledger

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/cache/rediscache/redistest"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// testClock takes the time from the end of the arguments.
const testClock = `local function now() return tonumber(ARGV[4]) end
`

const start = limit.Instant(1_735_689_600_000_000)

// twins are a subject here and the same one in Redis.
type twins struct {
	ledger  *Ledger
	account *account
	local   *limit.Subject
	now     limit.Instant
}

func newTwins(t rapid.TB, s *redistest.Server, axes []limit.Axis) *twins {
	rules := func(string) ([]limit.Axis, bool) { return axes, true }
	l, err := newLedger(Options{Client: s.Client(), Rules: rules}, testClock)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAccount("s", "test:", axes)
	if err != nil {
		t.Fatal(err)
	}
	local, err := limit.NewSubject(axes)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Client().Del(context.Background(), a.key).Err(); err != nil {
		t.Fatal(err)
	}
	return &twins{ledger: l, account: a, local: local, now: start}
}

// ask asks the script as of the twins' time.
func (w *twins) ask(t rapid.TB, req request) reply {
	t.Helper()
	args := w.ledger.encode(w.account, req, nil, w.now)
	list, err := w.ledger.script.Run(context.Background(), w.ledger.opts.Client, []string{w.account.key},
		req.op, w.account.rules, args, int64(w.now)).Int64Slice()
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.account.decode(list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// atAway is the time that the script's answer means, as limit writes it.
func (w *twins) atAway(micros int64) limit.Instant {
	if at := instantIn(micros); !at.Known() {
		return at
	}
	return w.now + limit.Instant(micros)
}

// representable is at, or the last time that the script can tell: in the year
// 2255.
func representable(at limit.Instant) limit.Instant {
	if at.Known() {
		return min(at, 1<<53-3)
	}
	return at
}

// same fails unless both verdicts are the same.
func (w *twins) same(t rapid.TB, what string, v limit.Verdict, r reply) {
	t.Helper()
	axis := ""
	if r.own[1] > 0 {
		axis = w.account.axes[r.own[1]-1].Name
	}
	if v.OK != r.ok || representable(v.At) != w.atAway(r.own[0]) || v.Axis != axis {
		t.Fatalf("%s at %d: %+v here, there %v at %d by %q", what, w.now, v, r.ok, w.atAway(r.own[0]), axis)
	}
}

// sameState fails unless both count the same.
func (w *twins) sameState(t rapid.TB) {
	t.Helper()
	here := w.local.Standings(w.now)
	r := w.ask(t, request{op: "show"})
	for i, st := range here {
		there := r.own[4*i : 4*i+4]
		if st.Limit != there[0] || st.Capacity != there[1] || st.Used != there[2] || representable(st.Full) != w.atAway(there[3]) {
			t.Fatalf("%v at %d: limit %d capacity %d used %d full %d here, %v there (%d)",
				st.Axis, w.now, st.Limit, st.Capacity, st.Used, st.Full, there, w.atAway(there[3]))
		}
	}
}

// take takes on both sides. A refusal leaves no trace there, so none here.
func (w *twins) take(t rapid.TB, ask limit.Ask) (here, there limit.Grant, ok bool) {
	t.Helper()
	states, pause := w.local.Save()
	here, v := w.local.Take(ask, w.now)
	r := w.ask(t, request{op: "take", ask: &ask})
	if !v.OK {
		w.same(t, "take", v, r)
		if err := w.local.Restore(states, pause); err != nil {
			t.Fatal(err)
		}
		return here, there, false
	}
	if !r.ok {
		t.Fatalf("take at %d: fits here, refused there until %d", w.now, w.atAway(r.own[0]))
	}
	there = w.account.granted(r, ask.Want)
	epoch := there.Epoch
	there.Epoch = 0
	if here != there {
		t.Fatalf("take at %d: %+v here, %+v there", w.now, here, there)
	}
	there.Epoch = epoch
	return here, there, true
}

type pair struct{ here, there limit.Grant }

func TestTheScriptCountsAsTheArithmeticDoes(t *testing.T) {
	server := redistest.Start(t)
	rapid.Check(t, func(t *rapid.T) {
		axes := anyAxes(t)
		w := newTwins(t, server, axes)
		var open []pair
		pick := func(t *rapid.T) pair {
			if len(open) == 0 {
				t.Skip("nothing is open")
			}
			i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
			p := open[i]
			open = append(open[:i], open[i+1:]...)
			return p
		}
		scale := axes[0].Rule.Limit
		amounts := func(t *rapid.T, label string) (a limit.Amounts) {
			for u := range a {
				a[u] = rapid.Int64Range(0, scale/2+1).Draw(t, label)
			}
			return a
		}
		later := func(t *rapid.T) {
			w.now += limit.Instant(rapid.Int64Range(0, axes[0].Rule.Span().Microseconds()/3).Draw(t, "later"))
		}
		anyAsk := func(t *rapid.T) limit.Ask {
			ask := limit.Ask{Want: amounts(t, "want"), Even: rapid.Bool().Draw(t, "even")}
			if rapid.Bool().Draw(t, "leaves") {
				ask.Leave, ask.Spare = amounts(t, "leave"), amounts(t, "spare")
			}
			return ask
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				later(t)
				if here, there, ok := w.take(t, anyAsk(t)); ok {
					open = append(open, pair{here, there})
				}
			},
			"project": func(t *rapid.T) {
				later(t)
				ask, ahead := anyAsk(t), amounts(t, "ahead")
				w.same(t, "project", w.local.Project(ahead, ask, w.now), w.ask(t, request{op: "project", ask: &ask, ahead: &ahead}))
			},
			"settle": func(t *rapid.T) {
				later(t)
				p, used := pick(t), amounts(t, "used")
				w.local.Settle(p.here, used, w.now)
				w.ask(t, request{op: "settle", grant: &p.there, bill: &pace.Bill{Used: used}})
			},
			"refund": func(t *rapid.T) {
				later(t)
				p := pick(t)
				w.local.Refund(p.here, w.now)
				w.ask(t, request{op: "settle", grant: &p.there, bill: &pace.Bill{Unsent: true}})
			},
			"adjust": func(t *rapid.T) {
				later(t)
				p := pick(t)
				word := limit.Word{
					Axis:      rapid.SampledFrom(axes).Draw(t, "axis").Name,
					Limit:     rapid.Int64Range(0, scale+scale/4).Draw(t, "limit"),
					Remaining: rapid.Int64Range(-1, scale).Draw(t, "remaining"),
				}
				if rapid.Bool().Draw(t, "resets") {
					word.Reset = w.now + limit.Instant(rapid.Int64Range(0, axes[0].Rule.Span().Microseconds()).Draw(t, "reset"))
				}
				w.local.Adjust(p.here, word, w.now)
				w.ask(t, request{op: "adjust", grant: &p.there, word: &pace.Word{Axes: []limit.Word{word}}})
				open = append(open, p)
			},
			"": func(t *rapid.T) { w.sameState(t) },
		})
	})
}

func anyAxes(t *rapid.T) []limit.Axis {
	axes := make([]limit.Axis, rapid.IntRange(1, 4).Draw(t, "axes"))
	window := time.Duration(rapid.IntRange(1, 4_000).Draw(t, "window")) * 25 * time.Millisecond
	most := rapid.SampledFrom([]int64{1, 60, 30_000, 29_999_993, 1 << 45}).Draw(t, "most")
	for i := range axes {
		rule := limit.Rule{
			Counting: limit.Counting(rapid.IntRange(int(limit.TokenBucket), int(limit.Concurrency)).Draw(t, "counting")),
			Limit:    rapid.Int64Range((most+1)/2, most).Draw(t, "limit"),
			AtEnd:    rapid.Bool().Draw(t, "at end"), Keeps: rapid.Bool().Draw(t, "keeps"),
		}
		if rule.Counting != limit.UTCDay && rule.Counting != limit.RollingDay {
			rule.Window = window
			rule.Slack = window / time.Duration(rapid.IntRange(4, 40).Draw(t, "slack"))
		}
		if rule.Counting == limit.TokenBucket {
			rule.Burst = rapid.Int64Range(0, 2*most).Draw(t, "burst")
		}
		unit := limit.Unit(rapid.IntRange(0, int(limit.Calls)).Draw(t, "unit"))
		axes[i] = limit.Axis{Name: fmt.Sprint("axis", i), Unit: unit, Rule: rule}
	}
	return axes
}
