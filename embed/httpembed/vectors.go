package httpembed

// The vectors of an answer: read, checked, brought to unit length.

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
)

// vector is a JSON array of numbers and nothing else: servers write null where
// the model gave a NaN, which would read as 0.
type vector []float32

func (v *vector) UnmarshalJSON(data []byte) error {
	if bytes.Contains(data, []byte("null")) {
		return answerError("a vector has a null in it")
	}
	return json.Unmarshal(data, (*[]float32)(v))
}

// decode reads an answer into to. The parser's errors are kept back, since
// they can quote the answer.
func decode(answer []byte, to any) error {
	err := json.Unmarshal(answer, to)
	var bad *AnswerError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		return bad
	default:
		return answerError("the answer is not JSON of the API's shape (%T)", err)
	}
}

// unitVectors checks numbers and dimensions and scales to unit length.
func unitVectors(vectors []vector, texts, dimensions int) ([][]float32, error) {
	if len(vectors) != texts {
		return nil, answerError("the answer has %d vectors for %d texts", len(vectors), texts)
	}
	out := make([][]float32, texts)
	for i, v := range vectors {
		if len(v) != dimensions {
			return nil, answerError("a vector has %d components: Dimensions is set to %d", len(v), dimensions)
		}
		if err := normalise(v); err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func normalise(v vector) error {
	var squares float64
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	if squares == 0 {
		return answerError("a vector is all zeros")
	}
	r := 1 / math.Sqrt(squares)
	for i, x := range v {
		v[i] = float32(float64(x) * r)
	}
	return nil
}
