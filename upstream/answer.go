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
func (t *turn) body(resp *http.Response, cancel context.CancelFunc) io.ReadCloser {
	plain := &answerBody{ReadCloser: resp.Body, turn: t, cancel: cancel}
	switch {
	case t.reservation == nil:
		return plain
	case resp.StatusCode >= 400:
		t.refused()
		return plain
	}
	events := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream")
	return &meteredBody{answerBody: plain, left: resp.ContentLength, usage: llm.NewUsageReader(events)}
}

// answerBody is the body of a call without limits to settle.
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
}

func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	_, _ = b.usage.Write(p[:n])
	b.left -= int64(n)
	switch {
	case err == io.EOF, b.left == 0:
		b.turn.answered(b.usage)
	case err != nil:
		b.turn.brokeOff(b.usage)
	}
	return n, err
}

func (b *meteredBody) Close() error {
	err := b.answerBody.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn.brokeOff(b.usage) // nothing, if it has ended
	return err
}
