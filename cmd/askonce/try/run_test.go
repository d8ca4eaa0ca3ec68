package try

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/askonce/askonce/policy/price"
)

// answerer is a service made up for a test: it answers each question in turn.
type answerer func(w http.ResponseWriter, n int, q Question)

func runAgainst(t *testing.T, answer answerer) (*Report, error) {
	t.Helper()
	questions, err := Questions()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		answer(w, n, questions[n])
		n++
	}))
	defer server.Close()
	return Run(t.Context(), Options{BaseURL: server.URL, Model: "m", Simulated: true})
}

// write writes an answer from a layer; entry is under which it is stored.
func write(w http.ResponseWriter, q Question, layer, entry, text string) {
	h := w.Header()
	h.Set("Askonce-Receipt", "layer="+layer)
	h.Set("Askonce-Entry", entry)
	if layer == "semantic" {
		h.Set("Askonce-Similarity", "0.9600")
	}
	content, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	if q.Stream {
		h.Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: {\"choices\":[{\"delta\":{\"content\":%s}}]}\n\n", content)
		fmt.Fprint(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100}}\n\ndata: [DONE]\n\n")
		return
	}
	fmt.Fprintf(w, `{"choices":[{"message":{"content":%s}}],"usage":{"prompt_tokens":1000,"completion_tokens":100}}`, content)
}

// TestPerfectCache answers every question of a group but the first from the
// cache.
func TestPerfectCache(t *testing.T) {
	r, err := runAgainst(t, func(w http.ResponseWriter, _ int, q Question) {
		layer := map[Kind]string{First: "none", Repeat: "exact", Rewording: "semantic"}[q.Kind]
		write(w, q, layer, q.Group.ID, q.Group.Answer)
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.WrongHits != 0 || len(r.Failures) != 0 || r.RewordingsServed != r.Rewordings || r.SemanticHits != r.Rewordings {
		t.Errorf("%+v", r)
	}
	hits := r.ExactHits + r.SemanticHits
	if r.Misses+hits != r.Requests || r.TokensSaved != int64(1100*hits) || r.USDSaved != round(0.0035*float64(hits), 6) {
		t.Errorf("%+v", r)
	}
}

// TestWrongHits answers one near miss with its neighbour's entry, and another
// with an entry that the run never stored.
func TestWrongHits(t *testing.T) {
	crossed, unknown := "", ""
	r, err := runAgainst(t, func(w http.ResponseWriter, n int, q Question) {
		switch {
		case n > 0 && crossed == "" && q.Kind == First:
			crossed = q.Text
			write(w, q, "semantic", "0", "another answer")
		case n > 0 && unknown == "" && q.Kind == First:
			unknown = q.Text
			write(w, q, "exact", "elsewhere", q.Group.Answer)
		default:
			write(w, q, "none", fmt.Sprint(n), q.Group.Answer)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.WrongHits != 2 || r.ExactHits != 1 || r.SemanticHits != 1 || len(r.Failures) != 0 {
		t.Fatalf("%+v", r)
	}
	if w := r.Wrong[0]; !strings.HasSuffix(w.Asked, crossed) || w.Similarity != 0.96 || w.Layer != "semantic" {
		t.Errorf("%+v", w)
	}
	if w := r.Wrong[1]; !strings.HasSuffix(w.Asked, unknown) || w.AnsweredWith != "(an entry that this run did not store)" {
		t.Errorf("%+v", w)
	}
	var table bytes.Buffer
	r.WriteTable(&table)
	if !strings.Contains(table.String(), crossed) || !strings.Contains(table.String(), "similarity 0.960") {
		t.Errorf("the table does not list the wrong hits:\n%s", &table)
	}
}

// TestFailures breaks answers in every way that counts as a failure.
func TestFailures(t *testing.T) {
	broken := []struct {
		stream bool
		want   string
		answer func(w http.ResponseWriter, q Question)
	}{
		{false, "status 503: too busy", func(w http.ResponseWriter, _ Question) {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"error":{"message":"too busy"}}`)
		}},
		{false, "no Askonce-Receipt header", func(w http.ResponseWriter, _ Question) { fmt.Fprint(w, "{}") }},
		{false, "did not arrive as it was given", func(w http.ResponseWriter, q Question) { write(w, q, "none", "", "cut") }},
		{false, "has no choices", func(w http.ResponseWriter, _ Question) {
			w.Header().Set("Askonce-Receipt", "layer=none")
			fmt.Fprint(w, "{}")
		}},
		{false, "unknown layer", func(w http.ResponseWriter, q Question) { write(w, q, "magic", "", q.Group.Answer) }},
		{true, "without [DONE]", func(w http.ResponseWriter, _ Question) {
			w.Header().Set("Askonce-Receipt", "layer=none")
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "data: {\"choices\":[]}\n\n")
		}},
		{true, "an error event", func(w http.ResponseWriter, _ Question) {
			w.Header().Set("Askonce-Receipt", "layer=none")
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "data: {\"error\":{}}\n\ndata: [DONE]\n\n")
		}},
		{true, "a stream was asked for", func(w http.ResponseWriter, q Question) {
			q.Stream = false
			write(w, q, "none", "", q.Group.Answer)
		}},
	}
	next, before := 0, false
	r, err := runAgainst(t, func(w http.ResponseWriter, n int, q Question) {
		if next < len(broken) && broken[next].stream == q.Stream && !before {
			broken[next].answer(w, q)
			next, before = next+1, true
			return
		}
		before = false
		write(w, q, "none", fmt.Sprint(n), q.Group.Answer)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failures) != len(broken) {
		t.Fatalf("%d failures: %+v", len(r.Failures), r.Failures)
	}
	for i, f := range r.Failures {
		if !strings.Contains(f.Error, broken[i].want) {
			t.Errorf("%q, want %q", f.Error, broken[i].want)
		}
	}
}

// TestGivingUp stops at a service that answers nothing.
func TestGivingUp(t *testing.T) {
	asked := 0
	_, err := runAgainst(t, func(w http.ResponseWriter, _ int, _ Question) {
		asked++
		w.WriteHeader(http.StatusUnauthorized)
	})
	if err == nil || !strings.Contains(err.Error(), "status 401") || asked != givingUp {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

// TestJSONNames pins the names that others read.
func TestJSONNames(t *testing.T) {
	doc, err := json.Marshal((&judge{price: &price.Price{}}).report())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"requests":0,"exact_hits":0,"semantic_hits":0,"misses":0,"wrong_hits":0,` +
		`"p50_ms":{"exact":null,"semantic":null,"miss":null},"p99_ms":{"exact":null,"semantic":null,"miss":null},` +
		`"tokens_saved":0,"usd_saved":0,"rewordings":0,"rewordings_served":0,"near_misses":0,"wrong":[],"failures":[],"seconds":`
	if !strings.HasPrefix(string(doc), want) {
		t.Errorf("%s", doc)
	}
}
