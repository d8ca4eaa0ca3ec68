// Asking one question over HTTP, and reading what came back.

package try

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// asker sends questions to one service.
type asker struct {
	client    *http.Client
	baseURL   string
	key       string
	model     string
	namespace string
}

// reply is one answer and where it came from.
type reply struct {
	layer      string // exact, semantic, or "" for a miss
	entry      string // id; "" if the answer is not kept
	similarity float64
	text       string
	usage      usage
	took       time.Duration
}

type usage struct {
	Input  int64 `json:"prompt_tokens"`
	Output int64 `json:"completion_tokens"`
}

type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type requestBody struct {
	Model         string          `json:"model"`
	Messages      []turn          `json:"messages"`
	Stream        bool            `json:"stream,omitempty"`
	StreamOptions map[string]bool `json:"stream_options,omitempty"`
}

// body is the request's, in the chat completions format.
func (a *asker) body(q Question) []byte {
	b := requestBody{Model: a.model, Stream: q.Stream}
	b.Messages = append(b.Messages, turn{"system", q.System})
	for i, text := range q.Group.History {
		b.Messages = append(b.Messages, turn{[]string{"user", "assistant"}[i%2], text})
	}
	b.Messages = append(b.Messages, turn{"user", q.Text})
	if q.Stream {
		b.StreamOptions = map[string]bool{"include_usage": true}
	}
	doc, err := json.Marshal(b)
	if err != nil {
		panic(err) // texts and booleans always encode
	}
	return doc
}

// ask sends a question and reads the answer to its end.
func (a *asker) ask(ctx context.Context, q Question) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.baseURL+"/chat/completions", bytes.NewReader(a.body(q)))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Askonce-Namespace", a.namespace)
	if a.key != "" {
		req.Header.Set("Authorization", "Bearer "+a.key)
	}
	start := time.Now()
	resp, err := a.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return reply{}, refusal(resp)
	}
	r, err := provenance(resp.Header)
	if err != nil {
		return reply{}, err
	}
	if q.Stream {
		err = r.readStream(resp)
	} else {
		err = r.readDocument(resp)
	}
	r.took = time.Since(start)
	return r, err
}

// refusal is an error answer as an error.
func refusal(resp *http.Response) error {
	var doc struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if json.Unmarshal(raw, &doc) == nil && doc.Error.Message != "" {
		return fmt.Errorf("status %d: %s", resp.StatusCode, doc.Error.Message)
	}
	return fmt.Errorf("status %d", resp.StatusCode)
}

// provenance reads what the headers say of where the answer came from.
func provenance(h http.Header) (reply, error) {
	r := reply{entry: h.Get("Askonce-Entry")}
	receipt := h.Get("Askonce-Receipt")
	for field := range strings.SplitSeq(receipt, ";") {
		if layer, ok := strings.CutPrefix(field, "layer="); ok && layer != "none" {
			r.layer = layer
		}
	}
	if receipt == "" {
		return r, errors.New("the answer has no Askonce-Receipt header: is this askonce?")
	}
	if s := h.Get("Askonce-Similarity"); s != "" {
		similarity, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return r, fmt.Errorf("Askonce-Similarity is %q", s)
		}
		r.similarity = similarity
	}
	return r, nil
}

// readDocument reads an answer in one piece.
func (r *reply) readDocument(resp *http.Response) error {
	var doc struct {
		Choices []struct {
			Message turn `json:"message"`
		} `json:"choices"`
		Usage usage `json:"usage"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		return fmt.Errorf("the answer is broken: %w", err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return fmt.Errorf("the answer is broken: %w", err)
	}
	if len(doc.Choices) == 0 {
		return errors.New("the answer has no choices")
	}
	r.text, r.usage = doc.Choices[0].Message.Content, doc.Usage
	return nil
}

// readStream reads an answer in server-sent events, to its [DONE].
func (r *reply) readStream(resp *http.Response) error {
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		return fmt.Errorf("a stream was asked for, %q came", kind)
	}
	var text strings.Builder
	done := false
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
		case data == "[DONE]":
			done = true
		default:
			if err := r.event(data, &text); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("the stream is broken: %w", err)
	}
	if !done {
		return errors.New("the stream ended without [DONE]")
	}
	r.text = text.String()
	return nil
}

func (r *reply) event(data string, text *strings.Builder) error {
	var chunk struct {
		Choices []struct {
			Delta turn `json:"delta"`
		} `json:"choices"`
		Usage *usage          `json:"usage"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal([]byte(data), &chunk); err != nil {
		return fmt.Errorf("the stream is broken: %w", err)
	}
	if chunk.Error != nil {
		return errors.New("the stream holds an error event")
	}
	if len(chunk.Choices) > 0 {
		text.WriteString(chunk.Choices[0].Delta.Content)
	}
	if chunk.Usage != nil {
		r.usage = *chunk.Usage
	}
	return nil
}
