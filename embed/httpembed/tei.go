package httpembed

// Hugging Face's Text Embeddings Inference.

import "encoding/json"

type tei struct{}

func (tei) path() string { return "/embed" }

// request forbids the truncation that a server may have switched on: half a
// text must not stand for the whole.
func (tei) request(o *Options, texts []string) any {
	return struct {
		Inputs     []string `json:"inputs"`
		Truncate   bool     `json:"truncate"`
		Normalize  bool     `json:"normalize"`
		Dimensions int      `json:"dimensions,omitempty"`
	}{texts, false, true, shortened(o)}
}

func (tei) vectors(answer []byte, _ int) ([]vector, error) {
	var vectors []vector
	err := decode(answer, &vectors)
	return vectors, err
}

// failure leaves the too long text to its status, 413.
func (tei) failure(_ int, body []byte) (code string, tooLong bool) {
	var refusal struct {
		Type string `json:"error_type"`
	}
	if json.Unmarshal(body, &refusal) != nil {
		return "", false
	}
	return refusal.Type, false
}
