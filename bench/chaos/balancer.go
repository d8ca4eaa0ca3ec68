// A round robin before the replicas.

package main

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// balancer hands requests to the replicas in turn. A request whose replica
// broke the connection before it answered anything goes to the next replica,
// once, as nginx does with `proxy_next_upstream error non_idempotent`. An
// answer that breaks off in its middle breaks off for the caller too: no
// balancer can mend that.
type balancer struct {
	replicas  []string
	transport http.RoundTripper
	next      atomic.Uint64
	retried   atomic.Int64
}

func newBalancer(replicas []string) *balancer {
	return &balancer{replicas: replicas, transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second}}
}

// ServeHTTP passes a request on.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	first := b.next.Add(1)
	resp, err := b.pass(r, body, first)
	if err != nil && r.Context().Err() == nil {
		b.retried.Add(1)
		resp, err = b.pass(r, body, first+1)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	if !copyFlushing(w, resp.Body) {
		panic(http.ErrAbortHandler)
	}
}

func (b *balancer) pass(r *http.Request, body []byte, n uint64) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host = "http", b.replicas[n%uint64(len(b.replicas))]
	out.Host, out.RequestURI = "", ""
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return b.transport.RoundTrip(out)
}

// copyFlushing sends on what comes as it comes, and reports whether it came to
// its end.
func copyFlushing(w http.ResponseWriter, body io.Reader) (whole bool) {
	flush := http.NewResponseController(w)
	buffer := make([]byte, 16<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return false
			}
			if err := flush.Flush(); err != nil {
				return false
			}
		}
		if err != nil {
			return err == io.EOF
		}
	}
}
