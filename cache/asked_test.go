package cache_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
)

// A call that still waits for its turn leaves the queue with the last who wants
// its answer; one that the origin has goes on, for whoever asks next.
func TestUnwantedCallsLeaveTheQueue(t *testing.T) {
	for _, sent := range []bool{false, true} {
		w := newWorld(t)
		o := newOrigin(t, answers(answerJSON("late", "stop")))
		req := chat(t, "What is it?")
		req.Asked = new(atomic.Bool)
		begun, gone, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		load := func(ctx context.Context) (*http.Response, error) {
			req.Asked.Store(sent)
			close(begun)
			<-gone
			ended <- ctx.Err()
			return o.load(ctx)
		}
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := w.Fetch(ctx, req, load)
			done <- err
		}()
		<-begun
		leave()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		close(gone)
		if err := <-ended; (err == nil) != sent {
			t.Errorf("sent: %v, and the call's context says %v", sent, err)
		}
	}
}
