package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/askonce/askonce/upstream/simulator"
)

func inputs(list string) string {
	return `{"model":"text-embedding-3-small","input":` + list + `}`
}

// vectors are the embeddings of an answer, in order.
func vectors(t *testing.T, r reply) []string {
	t.Helper()
	var found []string
	for i, item := range r.wants(t, 200).decode(t)["data"].([]any) {
		if index := item.(map[string]any)["index"]; index != float64(i) {
			t.Errorf("item %d has index %v", i, index)
		}
		_, rest, _ := strings.Cut(r.body, `"embedding":`)
		found = append(found, rest)
	}
	return found
}

func TestEachInputIsAnEntryOfItsOwn(t *testing.T) {
	w := newWorld(t, plan{})
	const path = "/v1/embeddings"
	w.post(path, inputs(`["a","b"]`)).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
	single := w.post(path, inputs(`"b"`)).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")

	part := w.post(path, inputs(`["c","b","d"]`)).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=partial; detail=hits_1_of_3")
	if got := w.provider.last(t).body; got != inputs(`["c","d"]`) {
		t.Errorf("the provider was asked for %s", got)
	}
	if n := len(vectors(t, part)); n != 3 {
		t.Errorf("%d embeddings", n)
	}
	vector := single.decode(t)["data"].([]any)[0].(map[string]any)["embedding"]
	if got := part.decode(t)["data"].([]any)[1].(map[string]any)["embedding"]; !equal(vector, got) {
		t.Error("the second embedding is not that of the second input")
	}
	calls := w.provider.calls()
	w.post(path, inputs(`["d","c","a","b"]`)).wants(t, 200).wantsHeader(t, "Cache-Status", "askonce; hit; ttl=").wantsHeader(t, "Age", "0")
	w.post(path, inputs(`["a","b"]`), "Cache-Control", "only-if-cached").wants(t, 200)
	w.post(path, inputs(`["a","z"]`), "Cache-Control", "only-if-cached").wants(t, 504)
	if w.provider.calls() != calls {
		t.Error("the provider was asked for what is known")
	}
	w.post(path, inputs(`["a","b"]`), "Cache-Control", "no-cache").wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=request")
	w.post(path, inputs(`["a","b"]`), "Askonce-Namespace", "n").wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
}

func equal(a, b any) bool {
	x, y := a.([]any), b.([]any)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

func TestErrorsForSeveralInputsPass(t *testing.T) {
	w := newWorld(t, plan{script: []simulator.Step{{Match: simulator.Match{Nth: []int{1}}, Respond: simulator.Response{
		Status: 400, Error: &simulator.Error{Message: "Too much."},
	}}}})
	got := w.post("/v1/embeddings", inputs(`["a","b"]`)).wants(t, 400)
	if !strings.Contains(got.body, "Too much.") {
		t.Error(got.body)
	}
	w.post("/v1/embeddings", inputs(`["a","b"]`)).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
}

func TestIdenticalEmbeddingsInTheAirMakeOneCall(t *testing.T) {
	w := newWorld(t, plan{})
	arrived, release := make(chan struct{}), make(chan struct{})
	w.provider.answer(func(http.ResponseWriter, *http.Request) bool {
		close(arrived)
		<-release
		return false
	})
	var group sync.WaitGroup
	ask := func() { w.post("/v1/embeddings", inputs(`["a","b"]`)).wants(t, 200) }
	group.Go(ask)
	<-arrived
	for range 4 {
		group.Go(ask)
	}
	waitFor(t, func() bool {
		return strings.Contains(w.send("GET", "/metrics", "").body, "askonce_misses_total{reason=\"endpoint\"} 10\n")
	})
	close(release)
	group.Wait()
	if n := w.provider.calls(); n != 1 {
		t.Errorf("the provider was asked %d times", n)
	}
}
