package httpembed

// Ollama's own API.

import (
	"encoding/json"
	"net/http"
)

type ollama struct{}

func (ollama) path() string { return "/api/embed" }

// request forbids truncation, which is Ollama's default.
func (ollama) request(o *Options, texts []string) any {
	return struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Truncate   bool     `json:"truncate"`
		Dimensions int      `json:"dimensions,omitempty"`
	}{o.Model, texts, false, shortened(o)}
}

func (ollama) vectors(answer []byte, _ int) ([]vector, error) {
	var body struct {
		Embeddings []vector `json:"embeddings"`
	}
	err := decode(answer, &body)
	return body.Embeddings, err
}

// failure goes by the message: Ollama's errors have nothing else.
func (ollama) failure(status int, body []byte) (code string, tooLong bool) {
	var refusal struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &refusal) != nil {
		return "", false
	}
	return "", status == http.StatusBadRequest && saysTooLong(refusal.Error)
}
