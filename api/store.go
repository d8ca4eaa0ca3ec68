// POST /v1/cache/store: answers that callers bring.

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy"
)

type storeBody struct {
	target
	Response jsontext.Value `json:"response"`
	TTL      *seconds       `json:"ttl"` // seconds
	Unknown  unknown        `json:",embed"`
}

type storeAnswer struct {
	ID        string       `json:"id"`
	ExpiresAt time.Time    `json:"expires_at"`
	Semantic  string       `json:"semantic"` // stored or skipped
	Reason    cache.Reason `json:"reason,omitempty"`
}

// store answers POST /v1/cache/store.
func (s *Server) store(w http.ResponseWriter, r *http.Request, x *exchange) error {
	body, err := s.readPlain(r)
	if err != nil {
		return err
	}
	answer, err := s.asker(r, x).store(r.Context(), body, "")
	if err != nil {
		return err
	}
	w.Header()["Location"] = []string{"/v1/cache/entries/" + answer.ID}
	return writeJSON(w, http.StatusCreated, answer)
}

// store keeps one item. When it returns without an error, the item is durable.
func (a asker) store(ctx context.Context, body []byte, at string) (*storeAnswer, error) {
	var asked storeBody
	if err := decode(body, at, &asked, &asked.Unknown); err != nil {
		return nil, err
	}
	found, problems := a.subject(&asked.target)
	var ttl time.Duration
	if asked.TTL != nil {
		var err error
		if ttl, err = policy.TTL(int64(*asked.TTL)); err != nil {
			problems = append(problems, detail{"ttl", err.Error()})
		}
	}
	if len(problems) > 0 {
		return nil, badBody(below(at, problems)...)
	}
	found.request.TTL = ttl
	stored, err := found.answer(asked.Response, at)
	if err != nil {
		return nil, err
	}
	result, err := a.server.opts.Cache.Store(ctx, found.request, stored)
	if err != nil {
		return nil, err
	}
	return &storeAnswer{
		ID: result.Key.String(), ExpiresAt: result.Expires.UTC().Truncate(time.Millisecond),
		Semantic: result.Semantic, Reason: result.Reason,
	}, nil
}

// answer makes what is to be stored out of the response member.
func (s subject) answer(response jsontext.Value, at string) (cache.Stored, error) {
	at = join(at, "response")
	kind := jsontext.Value(nil).Kind()
	if len(response) > 0 {
		kind = response.Kind()
	}
	switch {
	case kind != '"' && kind != '{':
		return cache.Stored{}, badBody(detail{at, "is wanted: a text, or a whole answer as an object"})
	case s.view == nil:
		return cache.Stored{Response: response}, nil
	case kind == '"':
		return s.textAnswer(response, at)
	}
	return s.wholeAnswer(response, at)
}

// textAnswer makes a whole answer of a text, since that is what the endpoint's
// callers get.
func (s subject) textAnswer(response jsontext.Value, at string) (cache.Stored, error) {
	if s.view.Endpoint == llm.Embeddings {
		return cache.Stored{}, badBody(detail{at, "is a text, which answers no embeddings request; send the whole answer as an object"})
	}
	var text string
	if err := json.Unmarshal(response, &text); err != nil {
		return cache.Stored{}, badBody(unreadable(response, at, err))
	}
	doc, err := llm.TextAnswer(s.view.Endpoint, s.view.Model, text, "askonce-"+s.request.Key.String()[:24], time.Now())
	if err != nil {
		return cache.Stored{}, err
	}
	return cache.Stored{Response: doc}, nil
}

// wholeAnswer checks that an answer is one that the provider could have given
// and the cache may serve again.
func (s subject) wholeAnswer(response jsontext.Value, at string) (cache.Stored, error) {
	answer, err := llm.ParseResponse(s.view.Endpoint, response)
	if err != nil {
		return cache.Stored{}, badBody(detail{at, "is not an answer of the endpoint that request is for (" + string(s.view.Endpoint) + ")"})
	}
	keep, why := policy.Storable(answer)
	if keep == policy.KeepNot {
		return cache.Stored{}, &fault{
			status: http.StatusUnprocessableEntity, code: "not_storable",
			message: "The answer did not end regularly, and such answers are not kept: " + why + ".",
			details: []detail{{at, "did not end regularly: " + why}},
		}
	}
	return cache.Stored{
		Response: response, Usage: answer.Usage, HasUsage: answer.HasUsage, ExactOnly: keep == policy.KeepExact,
	}, nil
}
