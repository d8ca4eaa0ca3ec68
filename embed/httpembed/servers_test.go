package httpembed

// Small servers that speak the three APIs, with what the real ones demand and
// refuse: the key, the model, the batch size, empty and long texts.

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	testModel      = "test/model"
	testKey        = "sk-test-5f0e1d"
	testDimensions = 24
	testWords      = 100 // the servers' context length
	teiBatch       = 4
)

// made is a vector that depends on the text alone, not of unit length.
func made(text string) []float64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	v := make([]float64, testDimensions)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

func makeAll(texts []string) [][]float64 {
	out := make([][]float64, len(texts))
	for i, text := range texts {
		out[i] = made(text)
	}
	return out
}

func words(texts []string) (most int) {
	for _, text := range texts {
		most = max(most, len(strings.Fields(text)))
	}
	return most
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// read decodes a request strictly: a field that the API lacks is an error.
func read(w http.ResponseWriter, r *http.Request, to any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "bad request: "+fmt.Sprint(err), http.StatusUnsupportedMediaType)
		return false
	}
	return true
}

type object = map[string]any

func openAIRefusal(w http.ResponseWriter, status int, code any, message string) {
	reply(w, status, object{"error": object{"message": message, "type": "invalid_request_error", "param": nil, "code": code}})
}

func serveOpenAI(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Encoding   string   `json:"encoding_format"`
		Dimensions int      `json:"dimensions"`
	}
	if r.Header.Get("Authorization") != "Bearer "+testKey {
		openAIRefusal(w, http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided: "+testKey)
		return
	}
	if !read(w, r, &ask) {
		return
	}
	for i, text := range ask.Input {
		if text == "" {
			openAIRefusal(w, http.StatusBadRequest, nil, fmt.Sprintf("Invalid 'input[%d]': input cannot be an empty string.", i))
			return
		}
	}
	if n := words(ask.Input); n > testWords {
		openAIRefusal(w, http.StatusBadRequest, nil, fmt.Sprintf("This model's maximum context length is %d tokens, however you requested %d tokens.", testWords, n))
		return
	}
	if ask.Model != testModel {
		openAIRefusal(w, http.StatusNotFound, "model_not_found", "The model does not exist")
		return
	}
	data := []object{}
	for i, v := range makeAll(ask.Input) {
		if ask.Dimensions > 0 {
			v = v[:ask.Dimensions]
		}
		data = append([]object{{"object": "embedding", "index": i, "embedding": v}}, data...)
	}
	reply(w, http.StatusOK, object{"object": "list", "data": data, "model": testModel, "usage": object{"prompt_tokens": 1, "total_tokens": 1}})
}

func serveTEI(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Inputs     []string `json:"inputs"`
		Truncate   *bool    `json:"truncate"`
		Normalize  bool     `json:"normalize"`
		Dimensions int      `json:"dimensions"`
	}
	if !read(w, r, &ask) {
		return
	}
	refuse := func(status int, kind, message string) {
		reply(w, status, object{"error": message, "error_type": kind})
	}
	switch n := words(ask.Inputs); {
	case len(ask.Inputs) > teiBatch:
		refuse(http.StatusUnprocessableEntity, "Validation", "batch size > maximum allowed batch size")
	case n > testWords && (ask.Truncate == nil || !*ask.Truncate):
		refuse(http.StatusRequestEntityTooLarge, "Validation", fmt.Sprintf("`inputs` must have less than %d tokens. Given: %d", testWords, n))
	default:
		reply(w, http.StatusOK, makeAll(ask.Inputs))
	}
}

func serveOllama(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Truncate   *bool    `json:"truncate"`
		Dimensions int      `json:"dimensions"`
	}
	if !read(w, r, &ask) {
		return
	}
	switch {
	case ask.Model != testModel:
		reply(w, http.StatusNotFound, object{"error": "model not found, try pulling it first"})
	case words(ask.Input) > testWords && ask.Truncate != nil && !*ask.Truncate:
		reply(w, http.StatusBadRequest, object{"error": "the input length exceeds the context length"})
	default:
		reply(w, http.StatusOK, object{"model": ask.Model, "embeddings": makeAll(ask.Input), "total_duration": 14143917, "load_duration": 1019500, "prompt_eval_count": 8})
	}
}

// serve starts a server for one API and returns options that fit it.
func serve(t *testing.T, kind string) Options {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", serveOpenAI)
	mux.HandleFunc("POST /embed", serveTEI)
	mux.HandleFunc("POST /api/embed", serveOllama)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	opts := Options{Kind: kind, BaseURL: s.URL, Model: testModel, Dimensions: testDimensions, BatchSize: teiBatch}
	if kind == KindOpenAI {
		opts.BaseURL += "/v1/"
		opts.APIKey = testKey
	}
	return opts
}

// answers starts a server that answers everything in one way.
func answers(t *testing.T, status int, contentType, body string) Options {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return Options{Kind: KindOpenAI, BaseURL: s.URL, Model: testModel, Dimensions: 2, APIKey: testKey}
}
