// POST /v1/cache/lookup: what is known already.

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy"
)

type lookupBody struct {
	target
	Threshold *float64 `json:"threshold"`
	Unknown   unknown  `json:",embed"`
}

type lookupAnswer struct {
	Hit        bool         `json:"hit"`
	Layer      *cache.Layer `json:"layer"`
	Similarity *float64     `json:"similarity"`
	Threshold  *float64     `json:"threshold"`
	Entry      *entryDoc    `json:"entry"`
	Receipt    receiptDoc   `json:"receipt"`
}

// entryDoc is an entry as callers see it.
type entryDoc struct {
	ID        string         `json:"id"`
	Kind      string         `json:"kind"`
	Namespace string         `json:"namespace"`
	Model     string         `json:"model,omitempty"`
	Prompt    string         `json:"prompt"`
	Response  jsontext.Value `json:"response"`
	CreatedAt time.Time      `json:"created_at"`
	ExpiresAt time.Time      `json:"expires_at"`
	Tags      []string       `json:"tags"`
}

func newEntryDoc(e *cache.Entry) *entryDoc {
	doc := &entryDoc{
		ID: e.Key.String(), Kind: e.Meta.Kind, Namespace: e.Meta.Namespace, Model: e.Meta.Model,
		Prompt: e.Prompt, Response: e.Response,
		CreatedAt: e.Meta.Created.UTC().Truncate(time.Millisecond),
		ExpiresAt: e.Meta.Expires.UTC().Truncate(time.Millisecond),
		Tags:      e.Meta.Tags,
	}
	if doc.Tags == nil {
		doc.Tags = []string{}
	}
	return doc
}

// receiptDoc is a receipt as callers see it.
type receiptDoc struct {
	Layer            *cache.Layer `json:"layer"`
	Reason           cache.Reason `json:"reason,omitempty"`
	Nearest          *float64     `json:"nearest,omitempty"`
	NearestID        string       `json:"nearest_id,omitempty"`
	RunnerUp         *float64     `json:"runner_up,omitempty"`
	Request          string       `json:"request,omitempty"` // key, for feedback
	Score            cache.Score  `json:"score,omitempty"`
	Verified         *float64     `json:"verified,omitempty"`
	Guards           []string     `json:"guards,omitempty"`
	Shadow           bool         `json:"shadow,omitzero"`
	Threshold        *float64     `json:"threshold,omitempty"`
	ThresholdVersion string       `json:"threshold_version,omitempty"`
	Clamped          bool         `json:"clamped,omitzero"`
	Embedder         string       `json:"embedder,omitempty"`
	EmbedMS          float64      `json:"embed_ms,omitzero"`
	SearchMS         float64      `json:"search_ms,omitzero"`
	Verifier         string       `json:"verifier,omitempty"`
	VerifyMS         float64      `json:"verify_ms,omitzero"`
	Degraded         []string     `json:"degraded,omitempty"`
}

func newReceiptDoc(r *cache.Receipt) receiptDoc {
	doc := receiptDoc{
		Reason: r.Reason, ThresholdVersion: r.ThresholdVersion, Clamped: r.Clamped,
		Score: r.Score, Guards: r.Refused.Names(), Shadow: r.Shadow, Verifier: r.Verifier, VerifyMS: milliseconds(r.VerifyTime),
		Embedder: r.Embedder, EmbedMS: milliseconds(r.EmbedTime), SearchMS: milliseconds(r.SearchTime), Degraded: r.Degraded,
	}
	if r.Hit() {
		doc.Layer = &r.Layer
	}
	if r.HasNearest {
		doc.Nearest, doc.NearestID = &r.Nearest, r.NearestKey.String()
	}
	if r.Request != (cache.Key{}) {
		doc.Request = r.Request.String()
	}
	if r.HasRunnerUp {
		doc.RunnerUp = &r.RunnerUp
	}
	if r.HasVerified {
		doc.Verified = &r.Verified
	}
	if r.ThresholdVersion != "" {
		doc.Threshold = &r.Threshold
	}
	return doc
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// lookup answers POST /v1/cache/lookup.
func (s *Server) lookup(w http.ResponseWriter, r *http.Request, x *exchange) error {
	body, err := s.readPlain(r)
	if err != nil {
		return err
	}
	answer, err := s.asker(r, x).lookup(r.Context(), body, "")
	if err != nil {
		return err
	}
	x.layer = outcomeMiss
	if answer.Hit {
		x.layer = outcomeOf(*answer.Layer)
	}
	return writeJSON(w, http.StatusOK, answer)
}

// lookup looks one item up.
func (a asker) lookup(ctx context.Context, body []byte, at string) (*lookupAnswer, error) {
	var asked lookupBody
	if err := decode(body, at, &asked, &asked.Unknown); err != nil {
		return nil, err
	}
	found, problems := a.subject(&asked.target)
	if asked.Threshold != nil {
		if err := policy.Threshold(*asked.Threshold); err != nil {
			problems = append(problems, detail{"threshold", err.Error()})
		}
	}
	if len(problems) > 0 {
		return nil, badBody(below(at, problems)...)
	}
	if asked.Threshold != nil {
		found.request.Threshold = *asked.Threshold
	}
	entry, receipt := a.server.opts.Cache.Lookup(ctx, found.request)
	return newLookupAnswer(entry, &receipt), nil
}

func newLookupAnswer(entry *cache.Entry, receipt *cache.Receipt) *lookupAnswer {
	answer := &lookupAnswer{Hit: entry != nil, Receipt: newReceiptDoc(receipt)}
	answer.Threshold = answer.Receipt.Threshold
	if entry == nil {
		return answer
	}
	answer.Layer, answer.Entry = &receipt.Layer, newEntryDoc(entry)
	similarity := 1.0
	if receipt.Layer == cache.LayerSemantic {
		similarity = receipt.Nearest
	}
	answer.Similarity = &similarity
	return answer
}

// below puts the place of an item before the locations in it.
func below(at string, details []detail) []detail {
	for i := range details {
		details[i].Location = join(at, details[i].Location)
	}
	return details
}

// readPlain reads a body that is not compressed.
func (s *Server) readPlain(r *http.Request) ([]byte, error) {
	if err := plainBody(r); err != nil {
		return nil, err
	}
	return s.readBody(r)
}
