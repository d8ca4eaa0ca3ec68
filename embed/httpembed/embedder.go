package httpembed

// The Embedder: batches of texts in, checked unit vectors out.

import (
	"context"
	"fmt"
	"net/http"
)

// Embedder asks a service for vectors. It is safe for concurrent use.
type Embedder struct {
	opts    Options
	dialect dialect
	client  *http.Client
}

// A dialect is what one API asks and answers.
type dialect interface {
	// path is added to the base URL.
	path() string
	// request is the value to send as JSON.
	request(o *Options, texts []string) any
	// vectors reads an answer to n texts, in their order.
	vectors(answer []byte, n int) ([]vector, error)
	// failure reads the body of a refusal: the service's own code for it, if
	// there is one, and whether a text was too long.
	failure(status int, body []byte) (code string, tooLong bool)
}

// New returns an Embedder; the error names every option that is wrong. The
// service is not asked for anything yet.
func New(opts Options) (*Embedder, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("httpembed: %w", err)
	}
	opts = opts.withDefaults()
	dialects := map[string]dialect{KindOpenAI: openAI{}, KindTEI: tei{}, KindOllama: ollama{}}
	return &Embedder{opts: opts, dialect: dialects[opts.Kind], client: newClient(opts.Transport)}, nil
}

// Identity names kind, model, revision and dimension, such as
// "openai/text-embedding-3-small/1536" or "tei/BAAI/bge-m3@v2/1024".
func (e *Embedder) Identity() string {
	model := e.opts.Model
	if e.opts.Revision != "" {
		model += "@" + e.opts.Revision
	}
	return fmt.Sprintf("%s/%s/%d", e.opts.Kind, model, e.opts.Dimensions)
}

// Dimensions is the configured number of components.
func (e *Embedder) Dimensions() int { return e.opts.Dimensions }

// Embed returns one unit vector for each text, in order. If the service says
// that a text is too long, the error has TooLong() true. A refusal is a
// [*StatusError]; an answer that is not what was asked for is a
// [*AnswerError].
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, 0, len(texts))
	for len(texts) > 0 {
		n := min(len(texts), e.opts.BatchSize)
		batch, err := e.embed(ctx, texts[:n])
		if err != nil {
			return nil, fmt.Errorf("httpembed: %w", err)
		}
		vectors = append(vectors, batch...)
		texts = texts[n:]
	}
	return vectors, nil
}

// embed sends one batch.
func (e *Embedder) embed(ctx context.Context, texts []string) ([][]float32, error) {
	ctx, cancel := context.WithTimeout(ctx, e.opts.Timeout)
	defer cancel()
	answer, err := e.post(ctx, e.dialect.request(&e.opts, texts), e.answerLimit(len(texts)))
	if err != nil {
		return nil, err
	}
	vectors, err := e.dialect.vectors(answer, len(texts))
	if err != nil {
		return nil, err
	}
	return unitVectors(vectors, len(texts), e.opts.Dimensions)
}

// answerLimit is the most bytes that an honest answer to n texts can have.
func (e *Embedder) answerLimit(n int) int64 {
	const number, frame = 40, 64 << 10
	return int64(n)*int64(e.opts.Dimensions)*number + frame
}
