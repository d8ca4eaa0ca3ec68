// One request, and whether its answer is whole.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// chat is a chat completion's request.
type chat struct {
	Model    string    `json:"model"`
	Stream   bool      `json:"stream"`
	Messages []message `json:"messages"`
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// reply is an answer that came whole.
type reply struct {
	id    string // that the provider gave the answer
	entry string // that askonce keeps it under
	layer string // none, exact or semantic
}

var errCut = errors.New("the answer broke off")

// askLimit is longer than a lost lease and a call.
const askLimit = 30 * time.Second

// ask asks a question. errCut means that an answer had begun.
func ask(ctx context.Context, client *http.Client, base, question string, stream bool) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	body, err := json.Marshal(chat{Model: "gpt-4o-mini", Stream: stream, Messages: []message{{"user", question}}})
	if err != nil {
		return reply{}, err
	}
	resp, err := send(ctx, client, http.MethodPost, base+"/v1/chat/completions", body)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return reply{}, fmt.Errorf("%w: %w", errCut, err)
	case resp.StatusCode != http.StatusOK:
		return reply{}, fmt.Errorf("status %d: %s", resp.StatusCode, text)
	}
	r := reply{entry: resp.Header.Get("Askonce-Entry")}
	receipt, _, _ := strings.Cut(resp.Header.Get("Askonce-Receipt"), ";")
	r.layer = strings.TrimPrefix(receipt, "layer=")
	r.id, err = idOf(string(text), stream)
	return r, err
}

// send sends a request with the one credential that all share.
func send(ctx context.Context, client *http.Client, method, url string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer sk-chaos")
	return client.Do(req)
}

// idOf checks that an answer is whole and returns its id.
func idOf(text string, stream bool) (string, error) {
	if stream {
		if !strings.HasSuffix(text, "data: [DONE]\n\n") {
			return "", fmt.Errorf("%w: the stream has no end: %q", errCut, text[max(0, len(text)-200):])
		}
		text, _, _ = strings.Cut(strings.TrimPrefix(text, "data: "), "\n")
	}
	var doc struct {
		ID      string
		Choices []json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return "", fmt.Errorf("not an answer: %w", err)
	}
	if doc.ID == "" || len(doc.Choices) == 0 {
		return "", fmt.Errorf("an empty answer: %s", text)
	}
	return doc.ID, nil
}

// ready reports whether a replica says that all its parts are up.
func ready(addr string) bool {
	resp, err := http.Get("http://" + addr + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var said struct{ Status string }
	return json.NewDecoder(resp.Body).Decode(&said) == nil && said.Status == "ready"
}
