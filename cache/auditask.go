// Asking the origin for an audit, and how alike two answers are.

package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strings"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy"
)

// ask gets the origin's answer to an audited question, and keeps it for whoever
// asks the same again: it is paid for. outcome says why there is none.
func (as *audits) ask(ctx context.Context, a *audit) (outcome string) {
	resp, err := guarded(ctx, a.req.Audit)
	if err != nil {
		return refusal(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable:
		return "limited"
	case resp.StatusCode != http.StatusOK:
		return "failed"
	case resp.Header.Get(llm.SubstituteHeader) != "" || !readable(a.req, resp):
		return "unusable"
	}
	doc, err := as.c.wholeAnswer(a.req, resp)
	if err != nil {
		return "failed"
	}
	answer, err := llm.ParseResponse(llm.Endpoint(a.req.Kind), doc)
	if err != nil {
		return "unusable"
	}
	if keep, _ := policy.Storable(answer); keep != policy.KeepFull {
		return "unusable"
	}
	a.fresh = doc
	as.c.Keep(a.req, Stored{Response: doc, Usage: answer.Usage, HasUsage: answer.HasUsage})
	return ""
}

// refusal tells a call that limits have kept back from one that failed.
func refusal(err error) string {
	var call *llm.CallError
	if errors.As(err, &call) && (call.Status == http.StatusTooManyRequests || call.Status == http.StatusServiceUnavailable) {
		return "limited"
	}
	return "failed"
}

// wholeAnswer reads an answer as one document, in whichever form it comes.
func (c *Cache) wholeAnswer(req *Request, resp *http.Response) ([]byte, error) {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media != "text/event-stream" {
		doc, over, err := readLimited(resp.Body, resp.ContentLength, c.opts.MaxEntryBytes)
		if over {
			return nil, ErrTooLarge
		}
		return doc, err
	}
	assembler := llm.NewAssembler(llm.Endpoint(req.Kind))
	limit := int64(c.streamLimit())
	n, err := io.Copy(assembler, io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBrokenOff, err)
	case n > limit:
		return nil, ErrTooLarge
	}
	return assembler.Answer()
}

const (
	// pieceBytes is how much of an answer is embedded at once: models take a
	// few hundred tokens.
	pieceBytes = 800

	// pieces is how much of an answer is looked at; a longer one is not compared.
	pieces = 24
)

// alike is the cosine similarity of two texts, each the mean of its pieces.
// false: it cannot be had.
func (c *Cache) alike(ctx context.Context, a, b string) (float64, bool) {
	if c.embedder.off {
		return 0, false
	}
	x, ok := c.meaning(ctx, a)
	if !ok {
		return 0, false
	}
	y, ok := c.meaning(ctx, b)
	return dot(x, y), ok
}

func (c *Cache) meaning(ctx context.Context, text string) ([]float32, bool) {
	parts := inPieces(text)
	if len(parts) == 0 || len(parts) > pieces {
		return nil, false
	}
	mean := make([]float32, c.dimensions)
	for _, part := range parts {
		vector, err := c.askEmbedder(ctx, part, patience{timeout: c.opts.WriteTimeout})
		if err != nil || ctx.Err() != nil {
			return nil, false
		}
		for i, x := range vector {
			mean[i] += x
		}
	}
	norm := float32(math.Sqrt(dot(mean, mean)))
	if norm == 0 {
		return nil, false
	}
	for i := range mean {
		mean[i] /= norm
	}
	return mean, true
}

// inPieces cuts a text at white space, into pieces of a length that can be
// embedded; a word that is longer is a piece of its own.
func inPieces(text string) []string {
	var list []string
	var piece bytes.Buffer
	for _, word := range strings.Fields(text) {
		if piece.Len() > 0 && piece.Len()+1+len(word) > pieceBytes {
			list = append(list, piece.String())
			piece.Reset()
		}
		if piece.Len() > 0 {
			piece.WriteByte(' ')
		}
		piece.WriteString(word)
	}
	if piece.Len() > 0 {
		list = append(list, piece.String())
	}
	return list
}
