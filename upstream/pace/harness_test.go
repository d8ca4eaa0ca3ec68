package pace_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deployment = "openai/gpt-4o"

// provider is the other side: it counts all calls and refuses by the declared
// rules, in its own way.
type provider struct {
	axes []limit.Axis

	mu      sync.Mutex
	log     []arrival
	debts   map[string]float64 // of buckets, when the last call of the log came
	refused int
	total   int64 // tokens of all accepted calls
}

type arrival struct {
	at      time.Time
	amounts limit.Amounts
}

// call counts a call, and reports whether it was accepted.
func (p *provider) call(amounts limit.Amounts) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Now()
	for _, a := range p.axes {
		if p.counted(a, at)+float64(amounts[a.Unit]) > float64(a.Rule.Limit)+0.001 {
			p.refused++
			return false
		}
	}
	for _, a := range p.axes {
		p.debts[a.Name] = p.counted(a, at) + float64(amounts[a.Unit])
	}
	p.log = append(p.log, arrival{at, amounts})
	p.total += amounts[limit.TotalTokens]
	return true
}

// counted is what the axis counts at a time that is not before the last call.
func (p *provider) counted(a limit.Axis, at time.Time) (sum float64) {
	window := a.Rule.Window
	if a.Rule.Counting == limit.RollingDay {
		window = 24 * time.Hour
	}
	if a.Rule.Counting == limit.TokenBucket {
		if len(p.log) == 0 {
			return 0
		}
		off := float64(at.Sub(p.log[len(p.log)-1].at)) / float64(window) * float64(a.Rule.Limit)
		return max(p.debts[a.Name]-off, 0)
	}
	for _, c := range slices.Backward(p.log) {
		if at.Sub(c.at) > window {
			break
		}
		if a.Rule.Counting != limit.FixedWindow || c.at.UnixNano()/int64(window) == at.UnixNano()/int64(window) {
			sum += float64(c.amounts[a.Unit])
		}
	}
	return sum
}

// countedLedger counts what it is asked.
type countedLedger struct {
	*pace.Local
	takes atomic.Int64
}

func (l *countedLedger) Take(ctx context.Context, subject string, ask limit.Ask) (limit.Grant, limit.Verdict, error) {
	l.takes.Add(1)
	return l.Local.Take(ctx, subject, ask)
}

// house is a limiter before a provider.
type house struct {
	*pace.Limiter
	*provider
	ledger *countedLedger

	mu    sync.Mutex
	waits [3][]time.Duration
	share map[string]int64
	fails int
}

// newHouse limits the deployment by axes and tenants by tenantAxes.
func newHouse(t testing.TB, axes []limit.Axis, tenantAxes []limit.Axis, opts pace.Options) *house {
	t.Helper()
	h := &house{provider: &provider{axes: axes, debts: make(map[string]float64)}, share: make(map[string]int64)}
	h.ledger = &countedLedger{Local: pace.NewLocal(func(subject string) ([]limit.Axis, bool) {
		if subject == deployment || subject == "second" {
			return axes, true
		}
		return tenantAxes, tenantAxes != nil
	})}
	opts.Ledger = h.ledger
	var err error
	if h.Limiter, err = pace.New(opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func preset(t testing.TB, name string) []limit.Axis {
	t.Helper()
	p, err := limit.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return p.Axes
}

func perMinute(counting limit.Counting, tokens int64) []limit.Axis {
	return []limit.Axis{{Name: "tokens", Unit: limit.TotalTokens, Rule: limit.Rule{
		Counting: counting, Limit: tokens, Window: time.Minute,
	}}}
}

func atATime(n int64) []limit.Axis {
	return []limit.Axis{{Name: "calls", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency, Limit: n}}}
}

func ask(lane pace.Lane, tenant string, tokens int64) pace.Request {
	return pace.Request{Lane: lane, Tenant: tenant, Deployment: pace.Claim{
		Subject: deployment, Amounts: limit.Amounts{limit.Requests: 1, limit.TotalTokens: tokens},
	}}
}

// use makes one call from end to end and notes how it went.
func (h *house) use(ctx context.Context, req pace.Request, took time.Duration) {
	r, err := h.Reserve(ctx, req)
	if err != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.fails++
		return
	}
	amounts := req.Deployment.Amounts
	h.call(amounts)
	time.Sleep(took)
	r.Settle(amounts, amounts)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waits[req.Lane] = append(h.waits[req.Lane], r.Waited())
	h.share[req.Tenant] += amounts[limit.TotalTokens]
}

// every makes one call of req each period until ctx ends, each on its own.
func (h *house) every(ctx context.Context, period time.Duration, req pace.Request) {
	for ctx.Err() == nil {
		go h.use(ctx, req, time.Second)
		select {
		case <-time.After(period):
		case <-ctx.Done():
		}
	}
}

// finish lets end what is under way, so that its figures can be read.
func (h *house) finish() {
	time.Sleep(time.Minute)
	h.mu.Lock()
	defer h.mu.Unlock()
}

// bubble runs f with a clock of its own, under a context that ends after d.
func bubble(t *testing.T, d time.Duration, f func(ctx context.Context, t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		f(ctx, t)
		cancel()
		time.Sleep(time.Minute) // what is under way ends
	})
}

func p99(waits []time.Duration) time.Duration {
	if len(waits) == 0 {
		return 0
	}
	slices.Sort(waits)
	return waits[min(len(waits)*99/100, len(waits)-1)]
}

// reserve is Reserve for requests that must be granted.
func (h *house) reserve(t *testing.T, req pace.Request) *pace.Reservation {
	t.Helper()
	r, err := h.Reserve(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refusal is Reserve for requests that must be refused.
func (h *house) refusal(t *testing.T, req pace.Request, reason pace.Reason) *pace.Refusal {
	t.Helper()
	_, err := h.Reserve(t.Context(), req)
	var refusal *pace.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != reason {
		t.Fatalf("got %v, want a refusal: %s", err, reason)
	}
	return refusal
}

// record is what happened, in order.
type record struct {
	mu   sync.Mutex
	list []string
}

func (r *record) add(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, name)
}

func (r *record) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}
