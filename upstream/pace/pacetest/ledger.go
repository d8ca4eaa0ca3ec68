// Package pacetest is what every [pace.Ledger] must do.
package pacetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// Ledger runs the suite. open returns a ledger that counts by the rules and of
// whose subjects nothing is used; it is closed by the test's Cleanup.
func Ledger(t *testing.T, open func(t *testing.T, rules pace.Rules) pace.Ledger) {
	for name, test := range map[string]func(*testing.T, *harness){
		"AllAxesOrNone":          allAxesOrNone,
		"SubjectsAreApart":       subjectsAreApart,
		"AnUnknownSubject":       unknownSubject,
		"WithoutAxes":            withoutAxes,
		"SettledWithLess":        settledWithLess,
		"SettledWithMore":        settledWithMore,
		"NeverSent":              neverSent,
		"CallsAtATime":           callsAtATime,
		"LeavesWhatIsOwed":       leavesWhatIsOwed,
		"Projects":               projects,
		"TheProvidersWord":       providersWord,
		"AWordComesLate":         lateWord,
		"APause":                 pause,
		"ManyAtOnce":             manyAtOnce,
		"ACallerThatHasLeftPays": cancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, &harness{Ledger: open(t, rules)}) })
	}
}

// rules know three subjects by their names.
func rules(subject string) ([]limit.Axis, bool) {
	perMinute := func(n int64) limit.Rule { return limit.Rule{Counting: limit.SlidingWindow, Limit: n} }
	switch subject {
	case "a", "b":
		return []limit.Axis{
			{Name: "requests", Unit: limit.Requests, Rule: perMinute(10)},
			{Name: "tokens", Unit: limit.TotalTokens, Rule: perMinute(1_000)},
			{Name: "day_requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.UTCDay, Limit: 200}},
		}, true
	case "calls":
		return []limit.Axis{{Name: "calls", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency, Limit: 2}}}, true
	case "free":
		return nil, true
	}
	return nil, false
}

func call(tokens int64) limit.Amounts {
	return limit.Amounts{limit.Requests: 1, limit.TotalTokens: tokens, limit.Calls: 1}
}

type harness struct{ pace.Ledger }

func (h *harness) take(t *testing.T, subject string, tokens int64) limit.Grant {
	t.Helper()
	grant, v, err := h.Take(t.Context(), subject, limit.Ask{Want: call(tokens)})
	if err != nil || !v.OK {
		t.Fatalf("take %d of %s: %+v, %v", tokens, subject, v, err)
	}
	return grant
}

func (h *harness) refused(t *testing.T, subject string, ask limit.Ask) limit.Verdict {
	t.Helper()
	_, v, err := h.Take(t.Context(), subject, ask)
	if err != nil || v.OK {
		t.Fatalf("take %v of %s: %+v, %v", ask.Want, subject, v, err)
	}
	return v
}

func (h *harness) settle(t *testing.T, subject string, grant limit.Grant, bill pace.Bill) {
	t.Helper()
	if err := h.Settle(t.Context(), subject, grant, bill); err != nil {
		t.Fatal(err)
	}
}

// within fails unless at is about so far away.
func within(t *testing.T, at limit.Instant, want time.Duration) {
	t.Helper()
	if away := time.Until(at.Time()); away > want || away < want-30*time.Second {
		t.Errorf("in %s, want about %s", away, want)
	}
}

// notAfter fails unless at is ahead, and no further than that.
func notAfter(t *testing.T, at limit.Instant, most time.Duration) {
	t.Helper()
	if away := time.Until(at.Time()); away > most || away < 0 {
		t.Errorf("in %s, want at most %s", away, most)
	}
}

func allAxesOrNone(t *testing.T, h *harness) {
	h.take(t, "a", 900)
	v := h.refused(t, "a", limit.Ask{Want: call(101)})
	if v.Axis != "tokens" {
		t.Errorf("refused by %q", v.Axis)
	}
	notAfter(t, v.At, time.Minute+time.Second)
	for range 9 { // what was refused took no request
		h.take(t, "a", 1)
	}
	if v := h.refused(t, "a", limit.Ask{Want: call(1)}); v.Axis != "requests" {
		t.Errorf("refused by %q", v.Axis)
	}
	if v := h.refused(t, "b", limit.Ask{Want: call(1_001)}); v.At != limit.Never {
		t.Errorf("what is above the limit fits at %d", v.At)
	}
}

func subjectsAreApart(t *testing.T, h *harness) {
	h.take(t, "a", 1_000)
	h.take(t, "b", 1_000)
}

func unknownSubject(t *testing.T, h *harness) {
	if _, _, err := h.Take(t.Context(), "nobody", limit.Ask{Want: call(1)}); !errors.Is(err, pace.ErrUnknownSubject) {
		t.Errorf("got %v", err)
	}
	if _, err := h.Project(t.Context(), "nobody", limit.Amounts{}, limit.Ask{Want: call(1)}); !errors.Is(err, pace.ErrUnknownSubject) {
		t.Errorf("got %v", err)
	}
}

func withoutAxes(t *testing.T, h *harness) {
	for range 3 {
		h.settle(t, "free", h.take(t, "free", 1<<40), pace.Bill{Used: call(1)})
	}
}

func settledWithLess(t *testing.T, h *harness) {
	h.settle(t, "a", h.take(t, "a", 1_000), pace.Bill{Used: call(100)})
	h.take(t, "a", 900)
	h.refused(t, "a", limit.Ask{Want: call(1)})
}

func settledWithMore(t *testing.T, h *harness) {
	h.settle(t, "a", h.take(t, "a", 100), pace.Bill{Used: call(950)})
	h.refused(t, "a", limit.Ask{Want: call(51)})
	h.take(t, "a", 50)
}

func neverSent(t *testing.T, h *harness) {
	for range 30 {
		h.settle(t, "a", h.take(t, "a", 1_000), pace.Bill{Unsent: true})
	}
}

func callsAtATime(t *testing.T, h *harness) {
	first := h.take(t, "calls", 1)
	h.take(t, "calls", 1)
	h.refused(t, "calls", limit.Ask{Want: call(1)})
	if v, err := h.Project(t.Context(), "calls", limit.Amounts{}, limit.Ask{Want: call(1)}); err != nil || v.At != limit.OnRelease {
		t.Errorf("fits at %d, want on release: %v", v.At, err)
	}
	h.settle(t, "calls", first, pace.Bill{Used: call(1)})
	h.take(t, "calls", 1)
	h.refused(t, "calls", limit.Ask{Want: call(1)})
}

func leavesWhatIsOwed(t *testing.T, h *harness) {
	h.take(t, "a", 500)
	owed := limit.Amounts{limit.TotalTokens: 200}
	h.refused(t, "a", limit.Ask{Want: call(301), Leave: owed})
	h.refused(t, "a", limit.Ask{Want: call(301), Spare: owed})
	if _, v, err := h.Take(t.Context(), "a", limit.Ask{Want: call(300), Leave: owed}); err != nil || !v.OK {
		t.Errorf("%+v, %v", v, err)
	}
}

func projects(t *testing.T, h *harness) {
	project := func(ahead, tokens int64) limit.Verdict {
		t.Helper()
		v, err := h.Project(t.Context(), "a", limit.Amounts{limit.TotalTokens: ahead}, limit.Ask{Want: call(tokens)})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := project(500, 500); !v.OK {
		t.Errorf("got %+v", v)
	}
	if v := project(0, 1_001); v.At != limit.Never {
		t.Errorf("got %+v", v)
	}
	h.take(t, "a", 600) // what is projected is not taken
	if v := project(0, 500); v.OK || v.Axis != "tokens" {
		t.Errorf("got %+v", v)
	} else {
		within(t, v.At, time.Minute+time.Second)
	}
	within(t, project(900, 500).At, time.Minute+time.Second)
}

func providersWord(t *testing.T, h *harness) {
	grant := h.take(t, "a", 100)
	word := func(remaining int64) pace.Word {
		return pace.Word{Axes: []limit.Word{
			{Axis: "tokens", Limit: 500, Remaining: remaining}, {Axis: "unheard_of", Remaining: 0},
		}}
	}
	if err := h.Adjust(t.Context(), "a", grant, word(150)); err != nil {
		t.Fatal(err)
	}
	h.refused(t, "a", limit.Ask{Want: call(151)})
	if v := h.refused(t, "a", limit.Ask{Want: call(501)}); v.At != limit.Never {
		t.Errorf("above the limit that the provider told, and fits at %d", v.At)
	}
	h.take(t, "a", 150)
}

// What was taken after the provider counted is not in its word.
func lateWord(t *testing.T, h *harness) {
	grant := h.take(t, "a", 100)
	h.take(t, "a", 500)
	word := pace.Word{Axes: []limit.Word{{Axis: "tokens", Limit: 1_000, Remaining: 700}}}
	for range 2 { // said twice, it counts once
		if err := h.Adjust(t.Context(), "a", grant, word); err != nil {
			t.Fatal(err)
		}
	}
	h.refused(t, "a", limit.Ask{Want: call(201)})
	h.take(t, "a", 200)
}

func pause(t *testing.T, h *harness) {
	grant := h.take(t, "a", 1)
	for _, wait := range []time.Duration{time.Minute, time.Second} { // a pause becomes no shorter
		if err := h.Adjust(t.Context(), "a", grant, pace.Word{Pause: limit.At(time.Now().Add(wait))}); err != nil {
			t.Fatal(err)
		}
	}
	v := h.refused(t, "a", limit.Ask{Want: call(1)})
	notAfter(t, v.At, time.Minute)
	if v.Axis != "" {
		t.Errorf("refused by %q", v.Axis)
	}
	h.take(t, "b", 1)
}

func manyAtOnce(t *testing.T, h *harness) {
	var group sync.WaitGroup
	var granted atomic.Int64
	for range 16 {
		group.Go(func() {
			for range 10 {
				_, v, err := h.Take(t.Context(), "a", limit.Ask{Want: call(150)})
				if err != nil {
					t.Error(err)
				}
				if v.OK {
					granted.Add(1)
				}
			}
		})
	}
	group.Wait()
	if got := granted.Load(); got != 6 {
		t.Errorf("%d times 150 of 1,000 were granted", got)
	}
}

// A grant is counted or it is not, whether its caller waits for it or not.
func cancelled(t *testing.T, h *harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var taken int64
	if _, v, err := h.Take(ctx, "a", limit.Ask{Want: call(600)}); err == nil && v.OK {
		taken = 600
	}
	h.take(t, "a", 1_000-taken)
}
