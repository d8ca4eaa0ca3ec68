package cache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/price"
)

// priced has a price for the model m: a thousandth of a dollar for each prompt
// token, a tenth of that for cached ones, and two for each of the answer's.
func priced(t *testing.T) func(*cache.Options) {
	t.Helper()
	table, err := price.Published(map[string]price.Price{"m": {Rates: price.Rates{Input: 1000, Cached: 100, Output: 2000}}})
	if err != nil {
		t.Fatal(err)
	}
	return func(o *cache.Options) { o.Prices = table }
}

// slow answers after two seconds, with 9 and 3 tokens.
func slow(context.Context) (*http.Response, error) {
	time.Sleep(2 * time.Second)
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1,
		Body: io.NopCloser(strings.NewReader(answerJSON("yes", "stop"))),
	}, nil
}

// saved asks for all savings of the last month, by tenant, model and day.
func saved(t *testing.T, c *cache.Cache) *cache.Savings {
	t.Helper()
	now := time.Now()
	s, err := c.Savings(t.Context(), cache.SavingsQuery{From: now.AddDate(0, -1, 0), To: now, ByTenant: true, ByModel: true, ByDay: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSavingsOfHitsAndCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, priced(t))
		ask := func(text string) {
			a, err := w.Fetch(t.Context(), chat(t, text), slow)
			if err != nil {
				t.Fatal(err)
			}
			mustRead(t, a)
			a.Close()
		}
		ask("how do I reset my password")                                                      // a miss
		ask("how do I reset my password")                                                      // an exact hit
		ask("how do I reset my password filler")                                               // a semantic one
		w.Spent("acme", "m", llm.Usage{Input: 10, Cached: 4, Output: 1})                       // as the API reports it
		w.Spent("rival", "unknown", llm.Usage{Input: 100, Cached: 50, Written: 7, Output: 10}) // without a price
		w.Lookup(t.Context(), cache.NewPrompt("rival", "", "anything"))                        // a miss without a model
		w.close()                                                                              // and so they last
		w = openWorld(t, w.dir, priced(t))
		s := saved(t, w.Cache)
		want := []cache.SavingsRow{
			{Day: "2000-01-01", Tenant: "acme", Model: "m", Saved: cache.Saved{
				Requests: 3, ExactHits: 1, SemanticHits: 1, HitInput: 18, HitOutput: 6, HitUSD: 30e6, HitTime: 4000,
				Calls: 1, Input: 10, Cached: 4, Output: 1, SpentUSD: 8.4e6, PrefixUSD: 3.6e6,
			}},
			{Day: "2000-01-01", Tenant: "rival", Model: "", Saved: cache.Saved{Requests: 1}},
			{Day: "2000-01-01", Tenant: "rival", Model: "unknown", Saved: cache.Saved{Calls: 1, Input: 100, Cached: 50, Written: 7, Output: 10, Unpriced: 110}},
		}
		if !slices.Equal(s.Rows, want) {
			t.Errorf("got %+v\nwant %+v", s.Rows, want)
		}
		if s.Total.Requests != 4 || s.Total.Calls != 2 || s.Unpriced["unknown"] != 110 || len(s.Unpriced) != 1 || s.Prices["m"].Source != price.Configured {
			t.Errorf("total %+v, unpriced %v, prices %v", s.Total, s.Unpriced, s.Prices)
		}
	})
}

func TestSavingsAreToldAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, tenant := range []string{"a", "b"} {
			for _, model := range []string{"m", "n"} {
				w.Spent(tenant, model, llm.Usage{Input: 1})
			}
		}
		now := time.Now()
		for _, test := range []struct {
			query cache.SavingsQuery
			rows  string
			total int64
		}{
			{cache.SavingsQuery{From: now, To: now}, "[//:4]", 4},
			{cache.SavingsQuery{From: now, To: now, ByModel: true}, "[//m:2 //n:2]", 4},
			{cache.SavingsQuery{From: now, To: now, ByTenant: true, ByDay: true}, "[2000-01-01/a/:2 2000-01-01/b/:2]", 4},
			{cache.SavingsQuery{From: now, To: now, ByTenant: true, Tenant: "b"}, "[/b/:2]", 2},
			{cache.SavingsQuery{From: now.AddDate(0, 0, -9), To: now.AddDate(0, 0, -1)}, "[]", 0},
		} {
			s, err := w.Savings(t.Context(), test.query)
			if err != nil {
				t.Fatal(err)
			}
			rows := []string{}
			for _, r := range s.Rows {
				rows = append(rows, fmt.Sprintf("%s/%s/%s:%d", r.Day, r.Tenant, r.Model, r.Calls))
			}
			if fmt.Sprint(rows) != test.rows || s.Total.Calls != test.total {
				t.Errorf("%+v: rows %v, total %d, want %s, %d", test.query, rows, s.Total.Calls, test.rows, test.total)
			}
		}
	})
}

func TestSavingsAreOfTheirDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		time.Sleep(24*time.Hour - time.Second) // to the last second of a day
		w.Spent("acme", "m", llm.Usage{Input: 1})
		time.Sleep(2 * time.Second)
		w.Spent("acme", "m", llm.Usage{Input: 2})
		rows := saved(t, w.Cache).Rows
		if len(rows) != 2 || rows[0].Day != "2000-01-01" || rows[0].Input != 1 || rows[1].Day != "2000-01-02" || rows[1].Input != 2 {
			t.Errorf("got %+v", rows)
		}
	})
}

func TestReplicasAddToTheSameSavings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		other, err := cache.New(cache.Options{Store: w.db.Store()})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close(t.Context())
		for range 3 {
			w.Spent("acme", "m", llm.Usage{Input: 1})
			other.Spent("acme", "m", llm.Usage{Input: 10})
			time.Sleep(6 * time.Second)
		}
		for _, c := range []*cache.Cache{w.Cache, other} {
			if total := saved(t, c).Total; total.Calls != 6 || total.Input != 33 {
				t.Errorf("%+v", total)
			}
		}
	})
}

// forgetful counts, and then says that it did not.
type forgetful struct {
	cache.Store
	cache.Counters
	lies atomic.Int64 // how many are left
}

func (f *forgetful) Count(ctx context.Context, book string, at cache.Tick, by map[string]int64) error {
	err := f.Counters.Count(ctx, book, at, by)
	if err == nil && f.lies.Add(-1) >= 0 {
		return errors.New("the reply was lost")
	}
	return err
}

func TestSavingsWhoseReplyWasLostCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store *forgetful
		w := newWorld(t, func(o *cache.Options) {
			store = &forgetful{Store: o.Store, Counters: o.Store.(cache.Counters)}
			o.Store = store
		})
		store.lies.Store(3)
		for range 4 {
			w.Spent("acme", "m", llm.Usage{Input: 1})
			time.Sleep(5 * time.Second)
		}
		if total := saved(t, w.Cache).Total; total.Calls != 4 || total.Input != 4 {
			t.Errorf("4 calls were counted as %+v", total)
		}
	})
}

func TestSavingsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 1100 {
			w.Spent("acme", fmt.Sprint("model-", i), llm.Usage{Input: 1})
		}
		w.Spent("acme", strings.Repeat("m", 500), llm.Usage{Input: 1})
		s := saved(t, w.Cache)
		if s.Total.Calls != 1101 || len(s.Rows) != 1001 || s.Rows[0].Tenant != "(others)" || s.Rows[0].Calls != 101 {
			t.Errorf("%d calls in %d rows, the first %+v", s.Total.Calls, len(s.Rows), s.Rows[0])
		}
	})
}

func TestOldSavingsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(o *cache.Options) {
			counters := o.Store.(cache.Counters)
			for ago := range 3 {
				book := "savings/" + time.Now().AddDate(0, 0, 1-ago-cache.SavingsKept).Format(time.DateOnly)
				if err := counters.Count(t.Context(), book, cache.Tick{Writer: "w", Number: 1}, map[string]int64{"acme\x1fm\x1fcalls": 1}); err != nil {
					t.Fatal(err)
				}
			}
		})
		time.Sleep(time.Second)
		now := time.Now()
		s, err := w.Savings(t.Context(), cache.SavingsQuery{From: now.AddDate(0, 0, -cache.SavingsKept-9), To: now})
		if err != nil || s.Total.Calls != 1 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
