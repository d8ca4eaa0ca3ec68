package httpembed

// OpenAI's embeddings API, which vLLM, LiteLLM, llama.cpp and others speak too.

import (
	"encoding/json"
	"net/http"
)

type openAI struct{}

func (openAI) path() string { return "/embeddings" }

func (openAI) request(o *Options, texts []string) any {
	return struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Encoding   string   `json:"encoding_format"`
		Dimensions int      `json:"dimensions,omitempty"`
	}{o.Model, texts, "float", shortened(o)}
}

// shortened is the dimension to ask for, 0 for the model's own.
func shortened(o *Options) int {
	if o.Shorten {
		return o.Dimensions
	}
	return 0
}

// vectors goes by the index of each vector: the order of the answer's list is
// not promised.
func (openAI) vectors(answer []byte, n int) ([]vector, error) {
	var body struct {
		Data []struct {
			Index     int    `json:"index"`
			Embedding vector `json:"embedding"`
		} `json:"data"`
	}
	if err := decode(answer, &body); err != nil {
		return nil, err
	}
	if len(body.Data) != n {
		return nil, answerError("the answer has %d vectors for %d texts", len(body.Data), n)
	}
	out := make([]vector, n)
	for _, d := range body.Data {
		if d.Index < 0 || d.Index >= n || out[d.Index] != nil {
			return nil, answerError("the answer's indexes are not 0 to %d", n-1)
		}
		out[d.Index] = d.Embedding
	}
	return out, nil
}

func (openAI) failure(status int, body []byte) (code string, tooLong bool) {
	var refusal struct {
		Error openAIError
		openAIError
	}
	if json.Unmarshal(body, &refusal) != nil {
		return "", false
	}
	// Some compatible servers leave out the object around the error.
	e := refusal.Error
	if e.Message == "" && e.Type == "" {
		e = refusal.openAIError
	}
	code = e.code()
	tooLong = status == http.StatusBadRequest &&
		(code == "context_length_exceeded" || code == "string_above_max_length" || saysTooLong(e.Message))
	return code, tooLong
}

type openAIError struct {
	Message string
	Type    string
	Code    any // a string, null, or, from some servers, the status
}

// code is the error's code, or its type where it has none.
func (e openAIError) code() string {
	if code, ok := e.Code.(string); ok && code != "" {
		return code
	}
	return e.Type
}
