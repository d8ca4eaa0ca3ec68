package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	var all []time.Duration
	for n := range 100 {
		all = append(all, time.Duration(100-n)*time.Millisecond)
	}
	for q, want := range map[float64]float64{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		if got := quantile(all, q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if got := quantile(nil, 0.99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestIdOf(t *testing.T) {
	const doc = `{"id":"a","choices":[{}]}`
	for _, c := range []struct {
		text   string
		stream bool
		want   string
	}{
		{doc, false, "a"},
		{"data: " + doc + "\n\ndata: [DONE]\n\n", true, "a"},
		{"data: " + doc + "\n\n", true, ""}, // no end
		{doc[:10], false, ""},
		{`{"id":"a","choices":[]}`, false, ""},
	} {
		if got, err := idOf(c.text, c.stream); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: %q, %v", c.text, got, err)
		}
	}
}

func TestTheRecorderCountsWhatWasAskedBefore(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer provider.Close()
	r := newRecorder(strings.TrimPrefix(provider.URL, "http://"))
	server := httptest.NewServer(r)
	defer server.Close()
	call := func(question string) {
		resp, err := http.Post(server.URL, "application/json",
			strings.NewReader(`{"messages":[{"role":"user","content":"`+question+`"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	for _, question := range []string{"a", "b", "a", "a"} {
		call(question)
	}
	r.forget("a")
	call("a")
	if calls, duplicates := r.counts(); calls != 5 || duplicates != 2 {
		t.Errorf("%d calls, %d duplicates", calls, duplicates)
	}
}

// One replica breaks the connection before it answers, the other while it does.
func TestTheBalancerTriesAnotherReplicaOnce(t *testing.T) {
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	whole := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
		if string(body) == "cut" {
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	defer whole.Close()
	b := newBalancer([]string{broken.Listener.Addr().String(), whole.Listener.Addr().String()})
	front := httptest.NewServer(b)
	defer front.Close()
	for range 4 {
		resp, err := send(context.Background(), http.DefaultClient, http.MethodPost, front.URL, []byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "hello" {
			t.Errorf("answer %q, %v", body, err)
		}
		resp.Body.Close()
	}
	if n := b.retried.Load(); n != 2 {
		t.Errorf("%d requests went to another replica, want 2 of 4", n)
	}
	resp, err := send(context.Background(), http.DefaultClient, http.MethodPost, front.URL, []byte("cut"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("an answer that broke off came whole")
	}
}

func TestParse(t *testing.T) {
	if o, err := parse([]string{"--seconds", "90", "--python", "x"}); err != nil || o.seconds != 90 || o.python != "x" {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range [][]string{{"--seconds", "1"}, {"surplus"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
