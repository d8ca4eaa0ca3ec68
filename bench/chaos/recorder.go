// What reaches the provider, by question.

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// recorder passes calls on to the provider and counts those for a question
// that was asked before.
type recorder struct {
	proxy *httputil.ReverseProxy

	mu         sync.Mutex
	asked      map[string]bool
	calls      int
	duplicates int
}

func newRecorder(provider string) *recorder {
	return &recorder{
		asked: make(map[string]bool),
		proxy: &httputil.ReverseProxy{
			Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: provider}) },
			FlushInterval: -1, // event by event
			Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
			// A replica that was killed has left its call: nobody to tell.
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		},
	}
}

// ServeHTTP passes a call on.
func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	var asked chat
	if json.Unmarshal(body, &asked) == nil && len(asked.Messages) > 0 {
		r.count(asked.Messages[len(asked.Messages)-1].Content)
	}
	r.proxy.ServeHTTP(w, req)
}

func (r *recorder) count(question string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.asked[question] {
		r.duplicates++
	}
	r.asked[question] = true
}

// forget begins a new life of a question: its answer was deleted, so the next
// call is wanted.
func (r *recorder) forget(question string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.asked, question)
}

// counts are calls so far, and those of them that were not needed.
func (r *recorder) counts() (calls, duplicates int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls, r.duplicates
}
