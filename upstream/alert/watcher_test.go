package alert_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/upstream/alert"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// counted is a ledger with a limit for the day and one for the minute.
func counted() *pace.Local {
	return pace.NewLocal(func(string) ([]limit.Axis, bool) {
		return []limit.Axis{
			{Name: "requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: 100}},
			{Name: "day_requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.UTCDay, Limit: 100}},
		}, true
	})
}

func use(t *testing.T, l *pace.Local, subject string, n int64) {
	t.Helper()
	_, v, err := l.Take(t.Context(), subject, limit.Ask{Want: limit.Amounts{limit.Requests: n}})
	if err != nil || !v.OK {
		t.Fatal(v, err)
	}
}

// alerts are how many were raised, by their labels.
func alerts(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]float64)
	for _, f := range families {
		if f.GetName() == "askonce_limit_alerts_total" {
			for _, m := range f.GetMetric() {
				found[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()+" "+m.GetLabel()[2].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	return found
}

func watch(t *testing.T, opts alert.Options) *prometheus.Registry {
	t.Helper()
	r := prometheus.NewRegistry()
	opts.Registerer = r
	w, err := alert.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return r
}

func TestEachLevelOncePerDayAndSubject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := counted()
		r := watch(t, alert.Options{Source: ledger})
		expect := func(what string, seventy, ninety float64) {
			t.Helper()
			time.Sleep(time.Minute)
			got := alerts(t, r)
			if got["tenant day_requests 70"] != seventy || got["tenant day_requests 90"] != ninety || len(got) > 2 {
				t.Errorf("%s: %v", what, got)
			}
		}
		use(t, ledger, "tenant/a", 69)
		expect("below", 0, 0)
		use(t, ledger, "tenant/a", 1)
		expect("at 70 %", 1, 0)
		use(t, ledger, "tenant/a", 25)
		expect("at 95 %", 1, 1)
		use(t, ledger, "tenant/b", 95)
		expect("another tenant", 2, 2)
		time.Sleep(24 * time.Hour)
		expect("the next day, unused", 2, 2)
		use(t, ledger, "tenant/a", 75)
		expect("the next day", 3, 2)
	})
}

func TestOneReplicaRaisesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := make(map[string]bool)
		once := func(_ context.Context, name string, _ time.Duration) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			defer func() { asked[name] = true }()
			return !asked[name], nil
		}
		ledger := counted()
		use(t, ledger, "deployment/x", 80)
		var replicas [3]*prometheus.Registry
		for i := range replicas {
			replicas[i] = watch(t, alert.Options{Source: ledger, Once: once})
		}
		time.Sleep(time.Minute)
		var sum float64
		for _, r := range replicas {
			sum += alerts(t, r)["deployment day_requests 70"]
		}
		if sum != 1 {
			t.Errorf("raised %v times", sum)
		}
	})
}

func TestTheWebhookGetsIt(t *testing.T) {
	got := make(chan alert.Alert, 1)
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		var a alert.Alert
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Error(err)
		}
		got <- a
	}))
	defer server.Close()
	ledger := counted()
	use(t, ledger, "tenant/acme", 72)
	r := watch(t, alert.Options{Source: ledger, Webhook: server.URL, Every: time.Millisecond})
	a := <-got
	if a.Subject != "tenant/acme" || a.Limit != "day_requests" || a.Level != 70 || a.Used != 72 || a.Allowed != 100 || a.ResetsAt.IsZero() {
		t.Errorf("got %+v", a)
	}
	if n := alerts(t, r)["tenant day_requests 70"]; n != 1 {
		t.Errorf("counted %v times", n)
	}
}

func TestWebhooksAreChecked(t *testing.T) {
	for url, ok := range map[string]bool{
		"": true, "https://hooks.example.com/x": true, "http://127.0.0.1:9000/": true, "http://localhost/x": true, "http://[::1]:1/": true,
		"http://hooks.example.com/x": false, "hooks.example.com": false, "ftp://127.0.0.1/": false, "https://": false, "://": false,
	} {
		if err := alert.CheckWebhook(url); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
}
