// The answer's body on its way to the caller: it ends the turn.

package upstream

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/askonce/askonce/internal/llm"
)

// body is an answer's body that releases the call's deadline when it is closed,
// and settles the turn when it ends.
func (t *turn) body(resp *http.Response, used func(llm.Usage), cancel context.CancelFunc) io.ReadCloser {
	plain := &answerBody{ReadCloser: resp.Body, turn: t, cancel: cancel}
	switch {
	case resp.StatusCode >= 400:
		t.refused()
		return plain
	case t.reservation == nil && used == nil:
		return plain
	}
	events := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream")
	return &meteredBody{answerBody: plain, left: resp.ContentLength, usage: llm.NewUsageReader(events), used: used}
}

// answerBody is the body of a call whose use nobody wants to know.
type answerBody struct {
	io.ReadCloser
	turn   *turn
	cancel context.CancelFunc
	closed sync.Once
}

func (b *answerBody) Close() error {
	defer b.cancel()
	defer b.closed.Do(b.turn.load.leave)
	return b.ReadCloser.Close()
}

// meteredBody reads the usage from the bytes that pass.
type meteredBody struct {
	*answerBody

	mu    sync.Mutex // Close may come while a Read is under way
	left  int64      // of a body whose length is known; such a one is not always read to io.EOF
	usage *llm.UsageReader
	used  func(llm.Usage) // nil: only the limits want it
	ended bool
}

func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	_, _ = b.usage.Write(p[:n])
	b.left -= int64(n)
	switch {
	case err == io.EOF, b.left == 0:
		b.end(b.turn.answered)
	case err != nil:
		b.end(b.turn.brokeOff)
	}
	return n, err
}

// end settles the turn, and tells what was used.
func (b *meteredBody) end(settle func(*llm.UsageReader)) {
	if b.ended {
		return
	}
	b.ended = true
	settle(b.usage)
	if used, reported := b.usage.Usage(); reported && b.used != nil {
		b.used(used)
	}
}

func (b *meteredBody) Close() error {
	err := b.answerBody.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end(b.turn.brokeOff)
	return err
}
