// Embeddings: one exact entry for each input, and one upstream call for those
// that are missing.

package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// maxEmbeddings bounds the answer to one embeddings call, in bytes: 2,048
// vectors of 4,096 numbers with some 20 digits each.
const maxEmbeddings = 256 << 20

// embeddings answers POST /v1/embeddings. A single input goes the way of every
// endpoint.
func (s *Server) embeddings(w http.ResponseWriter, r *http.Request, x *exchange) error {
	if err := plainBody(r); err != nil {
		return err
	}
	steering, err := steer(r.Header)
	if err != nil {
		return err
	}
	p, err := s.parse(llm.Embeddings, r)
	if err != nil {
		return err
	}
	parts, err := p.view.SplitInputs()
	if err != nil {
		return err
	}
	if len(parts) == 1 {
		return s.fetch(w, r, x, p, steering)
	}
	b := &batchEmbedding{server: s, r: r, x: x, view: p.view, steering: steering, parts: parts}
	return b.answer(w)
}

// batchEmbedding is one request with several inputs under way.
type batchEmbedding struct {
	server   *Server
	r        *http.Request
	x        *exchange
	view     *llm.Request
	steering steering

	parts    []*llm.Request // one for each input
	requests []*cache.Request
	answers  [][]byte     // one for each input; nil where it is missing
	missing  []int        // indices of parts
	reason   cache.Reason // why the first of them is
	oldest   time.Duration
	ttl      time.Duration // what is left of the entry that dies first
}

func (b *batchEmbedding) answer(w http.ResponseWriter) error {
	b.lookUp()
	hits := len(b.parts) - len(b.missing)
	b.x.layer = outcomeExact
	if len(b.missing) == 0 {
		if err := b.server.countHit(b.r.Context(), b.x); err != nil {
			return err
		}
	} else {
		b.x.layer = outcomeMiss
		if b.steering.OnlyIfCached {
			return cache.ErrNotCached
		}
		passed, err := b.fetchMissing(w)
		if passed || err != nil {
			return err
		}
	}
	doc, err := llm.JoinEmbeddings(b.answers)
	if err != nil {
		return fmt.Errorf("join embeddings: %w", err)
	}
	b.describe(w.Header(), hits)
	writeBytes(w, http.StatusOK, jsonContent, doc)
	return nil
}

// lookUp finds the inputs that are in the cache.
func (b *batchEmbedding) lookUp() {
	s, who := b.server, &b.x.caller
	origin := s.origin(b.r.Header, b.r.URL.RawQuery)
	b.requests = make([]*cache.Request, len(b.parts))
	b.answers = make([][]byte, len(b.parts))
	entries := make([]*cache.Entry, len(b.parts))
	receipts := make([]cache.Receipt, len(b.parts))
	inParallel(len(b.parts), func(i int) {
		request := cache.NewRequest(who.tenant, s.namespace(b.steering.namespace), origin, b.parts[i])
		request.Directives = b.steering.Directives
		b.requests[i] = request
		entries[i], receipts[i] = s.opts.Cache.Lookup(b.r.Context(), request)
	})
	now := time.Now()
	for i, entry := range entries {
		if entry == nil {
			if len(b.missing) == 0 {
				b.reason = receipts[i].Reason
			}
			b.missing = append(b.missing, i)
			continue
		}
		b.answers[i] = entry.Response
		b.oldest = max(b.oldest, entry.Age(now))
		if left := entry.Meta.Expires.Sub(now); b.ttl == 0 || left < b.ttl {
			b.ttl = left
		}
	}
}

// fetchMissing asks the provider for what is missing, and fills the answers.
// passed says that the provider's answer went to the caller as it was: an
// error, or one that cannot be cut.
func (b *batchEmbedding) fetchMissing(w http.ResponseWriter) (passed bool, err error) {
	wanted, weights := make([]*llm.Request, len(b.missing)), make([]int, len(b.missing))
	for at, i := range b.missing {
		wanted[at], weights[at] = b.parts[i], len(b.parts[i].Body)
	}
	got, err := b.ask(llm.JoinInputs(wanted))
	if err != nil {
		return false, err
	}
	passHeader(w.Header(), got.header)
	cut, err := llm.SplitEmbeddings(got.body, weights)
	if got.status == http.StatusOK && (err != nil || got.substitute()) && len(b.missing) < len(b.parts) {
		// What the cache holds does not fit to this: the provider answers all of it.
		if got, err = b.ask(b.view); err != nil {
			return false, err
		}
		return true, b.pass(w, got)
	}
	if got.status != http.StatusOK || err != nil {
		return true, b.pass(w, got)
	}
	b.keep(cut, got.substitute())
	return false, nil
}

// pass writes the provider's answer as it is.
func (b *batchEmbedding) pass(w http.ResponseWriter, got *gathered) error {
	b.describe(w.Header(), 0)
	writeBytes(w, got.status, got.header["Content-Type"], got.body)
	return nil
}

// keep stores the answers to the missing inputs.
func (b *batchEmbedding) keep(cut [][]byte, substitute bool) {
	for at, i := range b.missing {
		b.answers[i] = cut[at]
		stored := cache.Stored{Response: cut[at], ExactOnly: true, Substitute: substitute}
		if answer, err := llm.ParseResponse(llm.Embeddings, cut[at]); err == nil {
			stored.Usage, stored.HasUsage = answer.Usage, answer.HasUsage
		}
		b.server.opts.Cache.Keep(b.requests[i], stored)
	}
}

// describe writes what came from where; hits counts the inputs that were in
// the cache.
func (b *batchEmbedding) describe(h http.Header, hits int) {
	status := cacheName + "; hit; ttl=" + strconv.FormatInt(int64(b.ttl/time.Second), 10) + "; detail=exact"
	switch {
	case len(b.missing) == 0:
		h["Age"] = []string{strconv.FormatInt(int64(b.oldest/time.Second), 10)}
	case hits == 0:
		status = cacheName + "; fwd=" + forwardWord(b.reason) + "; detail=" + string(b.reason)
	default:
		status = cacheName + "; fwd=partial; detail=hits_" + strconv.Itoa(hits) + "_of_" + strconv.Itoa(len(b.parts))
	}
	h.Add("Cache-Status", status)
}

// gathered is a whole answer of the provider's.
type gathered struct {
	status int
	header http.Header
	body   []byte
}

// substitute reports whether another model than the one asked for answered: its
// vectors compare with none of the other's.
func (g *gathered) substitute() bool { return g.header.Get(llm.SubstituteHeader) != "" }

// ask sends view upstream. Identical requests that are under way at the same
// time share one call, which ends with the last of them to wait, not with the
// first.
func (b *batchEmbedding) ask(view *llm.Request) (*gathered, error) {
	s, ctx := b.server, b.r.Context()
	load := s.load(b.r, b.x, view, b.steering, nil)
	if b.steering.NoCache || b.steering.NoStore || b.reason == cache.ReasonOff {
		return gather(ctx, load)
	}
	origin := s.origin(b.r.Header, b.r.URL.RawQuery)
	key := cache.NewRequest(b.x.caller.tenant, s.namespace(b.steering.namespace), origin, view).Key
	return s.embedding.do(ctx, key, func(ctx context.Context) (*gathered, error) { return gather(ctx, load) })
}

// gather reads the whole answer of a load.
func gather(ctx context.Context, load cache.Load) (*gathered, error) {
	resp, err := load(ctx)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxEmbeddings+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errBrokenOff, err)
	case len(body) > maxEmbeddings:
		return nil, errAnswerTooLong
	}
	return &gathered{resp.StatusCode, resp.Header, body}, nil
}

var errAnswerTooLong = &llm.CallError{
	Status: http.StatusBadGateway, Code: "upstream_answer_too_long",
	Message: "The provider's answer is longer than askonce takes. Send fewer inputs at once.",
}
