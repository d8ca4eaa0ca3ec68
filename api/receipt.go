// What a response says of the cache: Cache-Status (RFC 9211), Age, and the
// Askonce-* headers. None of it holds text of the request.

package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// cacheName is askonce's name in Cache-Status.
const cacheName = "askonce"

// headerText builds the values of several headers in one string.
type headerText struct {
	buf   []byte
	names [8]string
	ends  [8]int
	n     int
}

// end makes what was appended to buf since the last end the value of a header.
func (t *headerText) end(name string) {
	t.names[t.n], t.ends[t.n] = name, len(t.buf)
	t.n++
}

func (t *headerText) set(h http.Header) {
	all, values, start := string(t.buf), make([]string, t.n), 0
	for i := range t.n {
		values[i] = all[start:t.ends[i]]
		h[t.names[i]] = values[i : i+1 : i+1]
		start = t.ends[i]
	}
}

// describeHit writes the headers of an answer from the cache, which is length
// bytes long.
func describeHit(h http.Header, a *cache.Answer, length int, now time.Time) {
	var room [512]byte
	t := headerText{buf: room[:0]}
	entry, receipt := a.Entry, &a.Receipt

	t.buf = append(t.buf, cacheName+"; hit; ttl="...)
	t.buf = strconv.AppendInt(t.buf, int64(entry.Meta.Expires.Sub(now)/time.Second), 10)
	t.buf = append(t.buf, "; detail="...)
	t.buf = append(t.buf, receipt.Layer...)
	t.end("Cache-Status")
	t.buf = strconv.AppendInt(t.buf, int64(entry.Age(now)/time.Second), 10)
	t.end("Age")
	t.buf = strconv.AppendInt(t.buf, int64(length), 10)
	t.end("Content-Length")
	if receipt.Layer == cache.LayerSemantic {
		t.buf = strconv.AppendFloat(t.buf, receipt.Nearest, 'f', 4, 64)
		t.end("Askonce-Similarity")
	}
	t.entry(entry.Key)
	t.buf = receipt.AppendCompact(t.buf)
	t.part("chunks", h[chunksHeader])
	t.end("Askonce-Receipt")
	t.set(h)
}

// describeMiss writes the headers of an answer from the origin. storable says
// that it may be kept under key.
func describeMiss(h http.Header, receipt *cache.Receipt, key cache.Key, storable bool) {
	var room [512]byte
	t := headerText{buf: room[:0]}
	for _, theirs := range h["Cache-Status"] { // the origin's own caches come first
		t.buf = append(append(t.buf, theirs...), ", "...)
	}
	t.buf = append(t.buf, cacheName+"; fwd="...)
	t.buf = append(t.buf, forwardWord(receipt.Reason)...)
	if receipt.Joined {
		t.buf = append(t.buf, "; collapsed"...)
	}
	if receipt.Reason != "" {
		t.buf = append(t.buf, "; detail="...)
		t.buf = append(t.buf, receipt.Reason...)
	}
	t.end("Cache-Status")
	if storable {
		t.entry(key)
	}
	t.buf = receipt.AppendCompact(t.buf)
	t.part("chunks", h[chunksHeader])
	for _, part := range upstreamParts {
		t.part(part.name, h[part.header])
	}
	t.end("Askonce-Receipt")
	t.set(h)
}

// part adds to a receipt what a header says.
func (t *headerText) part(name string, values []string) {
	if len(values) > 0 {
		t.buf = append(append(append(append(t.buf, ';'), name...), '='), values[0]...)
	}
}

// upstreamParts are what a receipt says of the call to the provider: what the
// headers say.
var upstreamParts = [...]struct{ header, name string }{
	{llm.TriesHeader, "tries"}, {llm.WaitHeader, "wait_ms"}, {llm.DeploymentHeader, "deployment"}, {llm.SubstituteHeader, "substitute"},
}

// forwardWord is why a request went on, in the words of RFC 9211, 2.2.
func forwardWord(reason cache.Reason) string {
	switch reason {
	case cache.ReasonOff:
		return "bypass"
	case cache.ReasonNoCache, cache.ReasonTooOld:
		return "request"
	case cache.ReasonExpired:
		return "stale"
	case cache.ReasonTags:
		return "vary-miss"
	}
	return "uri-miss"
}

func (t *headerText) entry(key cache.Key) {
	const digits = "0123456789abcdef"
	for _, b := range key {
		t.buf = append(t.buf, digits[b>>4], digits[b&15])
	}
	t.end("Askonce-Entry")
}
