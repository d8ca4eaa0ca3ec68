package httpembed

// One POST: bounded, without redirects, JSON or nothing.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

func newTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	return t
}

func newClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends body as JSON and returns the answer of a 200.
func (e *Embedder) post(ctx context.Context, body any, limit int64) ([]byte, error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.opts.BaseURL+e.dialect.path(), bytes.NewReader(sent))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if e.opts.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+e.opts.APIKey)
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return e.answer(resp, limit)
}

// answer reads the body of a response and judges it.
func (e *Embedder) answer(resp *http.Response, limit int64) ([]byte, error) {
	if resp.StatusCode != http.StatusOK {
		return nil, e.refusal(resp)
	}
	if kind := resp.Header.Get("Content-Type"); !isJSON(kind) {
		return nil, answerError("the answer is %s and not JSON: is BaseURL right?", mediaType(kind))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, answerError("the answer has more than %d bytes", limit)
	}
	return body, nil
}

// refusalLimit bounds what is read of an error's body.
const refusalLimit = 64 << 10

func (e *Embedder) refusal(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, refusalLimit))
	if err != nil {
		body = nil // the status says enough
	}
	code, tooLong := e.dialect.failure(resp.StatusCode, body)
	if tooLong || resp.StatusCode == http.StatusRequestEntityTooLarge {
		return &TooLongError{Status: resp.StatusCode}
	}
	if !isCode(code) || e.opts.APIKey != "" && strings.Contains(code, e.opts.APIKey) {
		code = ""
	}
	return &StatusError{Status: resp.StatusCode, Code: code}
}

func isJSON(contentType string) bool {
	kind := mediaType(contentType)
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

// mediaType is the type without parameters, in a form that is safe to show.
func mediaType(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || !isCode(strings.ReplaceAll(kind, "/", ".")) {
		return "of no known type"
	}
	return kind
}

// isCode reports whether s looks like an error code and not like prose, which
// could repeat the key or the texts.
func isCode(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"
	return len(s) <= 64 && strings.Trim(s, letters) == ""
}
