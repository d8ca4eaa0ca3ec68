package cache_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
	"github.com/askonce/askonce/internal/llm"
)

// bagOfWords is a small honest embedder: texts that share words are near.
// Words that start with "filler" count for little, so that a test can make
// pairs of a chosen similarity.
type bagOfWords struct {
	calls atomic.Int64
	fail  atomic.Bool
}

const bagDimensions = 64

func (*bagOfWords) Identity() string { return "bag-of-words/1/64" }
func (*bagOfWords) Dimensions() int  { return bagDimensions }

func (b *bagOfWords) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	b.calls.Add(int64(len(texts)))
	if b.fail.Load() {
		return nil, fmt.Errorf("the embedder is down")
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if len(text) > 1000 {
			return nil, tooLong{}
		}
		vectors[i] = bag(text)
	}
	return vectors, ctx.Err()
}

type tooLong struct{}

func (tooLong) Error() string { return "the text is longer than 1000 bytes" }
func (tooLong) TooLong() bool { return true }

func bag(text string) []float32 {
	v := make([]float32, bagDimensions)
	for _, word := range strings.Fields(strings.ToLower(text)) {
		h := fnv.New32a()
		io.WriteString(h, word)
		weight := float32(1)
		if strings.HasPrefix(word, "filler") {
			weight = .2
		}
		v[h.Sum32()%bagDimensions] += weight
	}
	var norm float64
	for _, x := range v {
		norm += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(norm))
	}
	return v
}

// world is a cache on real embedded stores.
type world struct {
	*cache.Cache
	embedder *bagOfWords
	db       *embedded.DB
	dir      string
}

// newWorld opens a cache in a fresh folder; adjust may change its options.
func newWorld(t *testing.T, adjust ...func(*cache.Options)) *world {
	t.Helper()
	return openWorld(t, t.TempDir(), adjust...)
}

func openWorld(t *testing.T, dir string, adjust ...func(*cache.Options)) *world {
	t.Helper()
	db, err := embedded.Open(embedded.Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{embedder: &bagOfWords{}, db: db, dir: dir}
	index, err := db.Index(w.embedder.Identity(), w.embedder.Dimensions())
	if err != nil {
		t.Fatal(err)
	}
	opts := cache.Options{Store: db.Store(), Index: index, Embedder: w.embedder}
	for _, f := range adjust {
		f(&opts)
	}
	w.Cache, err = cache.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

func (w *world) close() {
	w.Cache.Close(context.Background())
	w.db.Close()
}

// chat makes the request of a one-turn chat.
func chat(t *testing.T, text string) *cache.Request {
	t.Helper()
	return chatBody(t, fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":%q}]}`, text))
}

func chatBody(t *testing.T, body string) *cache.Request {
	t.Helper()
	view, err := llm.ParseRequest(llm.Chat, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return cache.NewRequest("acme", "", cache.Origin{Upstream: "http://provider/v1"}, view)
}

// answerJSON is a whole chat answer.
func answerJSON(text, finish string) string {
	return fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m",`+
		`"choices":[{"index":0,"message":{"role":"assistant","content":%q},"finish_reason":%q}],`+
		`"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}`, text, finish)
}

// event is one server-sent event of a chat stream.
func event(delta, finish string) string {
	reason := "null"
	if finish != "" {
		reason = fmt.Sprintf("%q", finish)
	}
	return fmt.Sprintf("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\","+
		"\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n", delta, reason)
}

const doneEvent = "data: [DONE]\n\n"

// origin is a real HTTP server that a test scripts.
type origin struct {
	*httptest.Server
	calls atomic.Int64
}

func newOrigin(t *testing.T, handler http.HandlerFunc) *origin {
	t.Helper()
	o := &origin{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.calls.Add(1)
		handler(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// load asks the origin.
func (o *origin) load(ctx context.Context) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL, nil)
	if err != nil {
		return nil, err
	}
	return o.Client().Do(req)
}

// answers returns a handler for a whole JSON document.
func answers(doc string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, doc)
	}
}

// streams returns a handler that sends each part and then waits for a value on
// next before the following one. The last part ends the answer.
func streams(next <-chan struct{}, parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i, part := range parts {
			if i > 0 {
				select {
				case <-next:
				case <-r.Context().Done():
					return
				}
			}
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	}
}

// fetch asks w and fails the test on an error.
func (w *world) fetch(t *testing.T, req *cache.Request, load cache.Load) *cache.Answer {
	t.Helper()
	a, err := w.Fetch(t.Context(), req, load)
	if err != nil {
		t.Fatalf("Fetch: %v", err)
	}
	t.Cleanup(a.Close)
	return a
}

// read reads an answer's body to its end.
func read(t *testing.T, a *cache.Answer) (string, error) {
	t.Helper()
	if a.Entry != nil {
		return string(a.Entry.Response), nil
	}
	var b strings.Builder
	for {
		part, err := a.Next(t.Context())
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		b.Write(part)
	}
}

// mustRead is read for bodies that end regularly.
func mustRead(t *testing.T, a *cache.Answer) string {
	t.Helper()
	body, err := read(t, a)
	if err != nil {
		t.Fatalf("reading the answer: %v (so far %q)", err, body)
	}
	return body
}

func refuse(t *testing.T) cache.Load {
	return func(context.Context) (*http.Response, error) {
		t.Error("the origin was asked")
		return nil, fmt.Errorf("not expected")
	}
}
