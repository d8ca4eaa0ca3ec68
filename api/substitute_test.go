package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/internal/llm"
)

// substituting is an upstream where another model answers, while it says so.
type substituting struct {
	api.Upstream
	model string
}

func (s *substituting) Do(ctx context.Context, call *llm.Call) (*http.Response, error) {
	resp, err := s.Upstream.Do(ctx, call)
	if err == nil && s.model != "" {
		resp.Header.Set(llm.SubstituteHeader, s.model)
		resp.Header.Set(llm.DeploymentHeader, "second")
		resp.Header.Set(llm.WaitHeader, "1200")
	}
	return resp, err
}

// What a substitute answers is marked, and is not kept as the answer of the
// model that was asked for.
func TestSubstitutesAreMarkedAndNotKept(t *testing.T) {
	between := &substituting{model: "small"}
	w := newWorld(t, plan{options: func(o *api.Options) {
		between.Upstream, o.Upstream = o.Upstream, between
	}})
	for _, body := range []string{
		question("How do I reset my password?"),
		question("How do I reset my password?", `,"stream":true`),
	} {
		for range 2 {
			r := w.chat(body).wants(t, 200).wantsHeader(t, "Askonce-Substitute", "small").wantsHeader(t, "Askonce-Deployment", "second").
				wantsHeader(t, "Askonce-Receipt", ";wait_ms=1200;deployment=second;substitute=small")
			if r.header.Get("Askonce-Entry") != "" {
				t.Error("the answer of a substitute names an entry")
			}
		}
	}
	if n := w.provider.calls(); n != 4 {
		t.Errorf("four requests made %d calls", n)
	}
	between.model = ""
	w.chat(question("How do I reset my password?")).wants(t, 200)
	r := w.chat(question("How do I reset my password?")).wants(t, 200)
	if w.provider.calls() != 5 || !strings.Contains(r.header.Get("Cache-Status"), "hit") {
		t.Errorf("the model's own answer was not kept: %d calls, %v", w.provider.calls(), r.header)
	}
}

// Vectors of two models are not mixed in one answer.
func TestSubstitutesVectorsStandAlone(t *testing.T) {
	between := &substituting{}
	w := newWorld(t, plan{options: func(o *api.Options) { between.Upstream, o.Upstream = o.Upstream, between }})
	w.post("/v1/embeddings", `{"model":"m","input":["one","two"]}`).wants(t, 200)
	between.model = "small"
	w.post("/v1/embeddings", `{"model":"m","input":["one","three"]}`).wants(t, 200)
	if last := w.provider.last(t); !strings.Contains(last.body, "one") || !strings.Contains(last.body, "three") {
		t.Errorf("the substitute was asked for %s, want all inputs", last.body)
	}
	between.model = ""
	calls := w.provider.calls()
	w.post("/v1/embeddings", `{"model":"m","input":["three"]}`).wants(t, 200)
	if w.provider.calls() != calls+1 {
		t.Error("a substitute's vector was kept")
	}
}
