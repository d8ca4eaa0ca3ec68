// Chats, completions, responses and messages: from the cache, or from the provider.

package api

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// cached answers requests of an endpoint through the cache.
func (s *Server) cached(ep llm.Endpoint) handler {
	return func(w http.ResponseWriter, r *http.Request, x *exchange) error {
		if err := plainBody(r); err != nil {
			return err
		}
		steering, err := steer(r.Header)
		if err != nil {
			return err
		}
		p, err := s.parse(ep, r)
		if err != nil {
			return err
		}
		return s.fetch(w, r, x, p, steering)
	}
}

// parse reads and parses the body, or remembers how it was parsed before.
func (s *Server) parse(ep llm.Endpoint, r *http.Request) (*parsed, error) {
	length := r.ContentLength
	if length <= 0 || length > scratchSize || length > s.opts.MaxBody {
		body, err := s.readBody(r)
		if err != nil {
			return nil, err
		}
		if p := s.memo.find(ep, body); p != nil {
			return p, nil
		}
		return s.parseNew(ep, body)
	}
	room := s.scratch.get()
	defer s.scratch.put(room)
	body := room[:length]
	if err := s.fill(r, body); err != nil {
		return nil, err
	}
	if p := s.memo.find(ep, body); p != nil {
		return p, nil
	}
	own := make([]byte, length) // the view keeps it, the scratch room goes back
	copy(own, body)
	return s.parseNew(ep, own)
}

func (s *Server) parseNew(ep llm.Endpoint, body []byte) (*parsed, error) {
	view, prompt, err := understandBody(ep, body)
	if err != nil {
		return nil, err
	}
	p := &parsed{view: view, prompt: prompt}
	if len(view.Body) != len(body) {
		return p, nil // the scores that were taken out are those of this request alone
	}
	return s.memo.add(p), nil
}

// fetch answers a parsed request through the cache.
func (s *Server) fetch(w http.ResponseWriter, r *http.Request, x *exchange, p *parsed, steering steering) error {
	request := s.request(r, x, p, &steering)
	if fit := s.fit(r.Context(), x, p, s.namespace(steering.namespace)); fit != nil {
		if entry, receipt := s.opts.Cache.Prefer(r.Context(), request); entry != nil {
			return s.serveHit(w, r, x, p.view, &cache.Answer{Entry: entry, Key: request.Key, Receipt: receipt})
		}
		var err error
		if p, err = s.within(fit, p, w.Header()); err != nil {
			return err
		}
		request = s.request(r, x, p, &steering)
	}
	request.Audit = s.audit(r, x, p.view, steering)
	a, err := s.opts.Cache.Fetch(r.Context(), request, s.load(r, x, p.view, steering, request.Asked))
	if a != nil {
		defer a.Close()
		x.layer = outcomeOf(a.Receipt.Layer)
	}
	if errors.Is(err, cache.ErrNotCached) && a != nil {
		w.Header()["Askonce-Receipt"] = []string{string(a.Receipt.AppendCompact(nil))}
	}
	if err != nil {
		return err
	}
	if a.Entry != nil {
		return s.serveHit(w, r, x, p.view, a)
	}
	passHeader(w.Header(), a.Header)
	storable := a.Status == http.StatusOK && !request.NoStore && a.Receipt.Reason != cache.ReasonOff && a.Header.Get(llm.SubstituteHeader) == ""
	describeMiss(w.Header(), &a.Receipt, a.Key, storable)
	return s.writeLive(w, r, p.view, a)
}

// request is what the cache is asked for p.
func (s *Server) request(r *http.Request, x *exchange, p *parsed, steering *steering) *cache.Request {
	request := p.request(x.caller.tenant, s.namespace(steering.namespace), s.origin(r.Header, r.URL.RawQuery))
	request.Directives, request.Asked = steering.Directives, new(atomic.Bool)
	if p.view.Bypass != "" {
		request.Mode = cache.ModeOff // the provider has to see each of these
	}
	return request
}

func (s *Server) serveHit(w http.ResponseWriter, r *http.Request, x *exchange, view *llm.Request, a *cache.Answer) error {
	x.layer = outcomeOf(a.Receipt.Layer)
	if err := s.countHit(r.Context(), x); err != nil {
		return err
	}
	return writeHit(w, view, a)
}

// load asks the provider for what view wants, and sets sent when it does. The caller's credential goes
// with this request alone: others join the answer, not the credential.
func (s *Server) load(r *http.Request, x *exchange, view *llm.Request, steering steering, sent *atomic.Bool) cache.Load {
	own, _ := s.spending(&x.caller, true) // an allowed path is never refused
	return func(ctx context.Context) (*http.Response, error) {
		call, prompt := s.outgoing(r, x, view, &steering, own)
		x.urge(call, &steering)
		call.Sent = sent
		resp, err := s.send(ctx, x, view, call, &prompt)
		if resp != nil {
			prompt.tell(resp.Header)
		}
		return resp, err
	}
}

// outgoing makes the call for what view wants, and tells what was done to its
// prompt.
func (s *Server) outgoing(r *http.Request, x *exchange, view *llm.Request, steering *steering, own credential) (*llm.Call, prepared) {
	namespace := s.namespace(steering.namespace)
	prompt := s.prompts.prepare(view, x.caller.tenant, namespace, steering.promptOrder)
	call := s.call(r, own, prompt.body)
	for _, name := range conditionalHeaders {
		delete(call.Header, name) // the answer serves others, whole
	}
	call.Endpoint, call.Model, call.Stream = view.Endpoint, view.Model, view.Stream
	call.Namespace, call.PromptOrder = namespace, string(prompt.mode)
	return call, prompt
}

// send makes a call of outgoing's, and counts what it used.
func (s *Server) send(ctx context.Context, x *exchange, view *llm.Request, call *llm.Call, prompt *prepared) (*http.Response, error) {
	model := view.Model // that answers
	call.Used = func(used llm.Usage) {
		s.prompts.usage.report(view, prompt.mode, used)
		s.opts.Cache.Spent(x.caller.tenant, model, used)
	}
	resp, err := s.opts.Upstream.Do(ctx, call)
	if resp != nil {
		if substitute := resp.Header.Get(llm.SubstituteHeader); substitute != "" {
			model = substitute
		}
	}
	return resp, err
}

// namespace is the one asked for, or the default.
func (s *Server) namespace(asked string) string {
	if asked == "" {
		return s.opts.DefaultNamespace
	}
	return asked
}
