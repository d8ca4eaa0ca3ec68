// The webhook: alerts on their way to it.

package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	hookQueue   = 64
	hookTries   = 3
	hookTimeout = 5 * time.Second // of a try
	hookPause   = time.Second     // before the second try, and twice that before the third
)

// CheckWebhook tells what is wrong with a webhook's URL; "" is none. Beyond this
// machine it has to be https, since the URL itself is a credential.
func CheckWebhook(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("is not a URL; write one such as https://hooks.example.com/T000/B000")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return errors.New("is plain http to another machine; use https")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// notice is what a webhook gets, and how the log calls it.
type notice struct {
	body any // as JSON
	what slog.Attr
}

// hook delivers notices one after the other.
type hook struct {
	url     string
	client  *http.Client
	metrics *metrics
	log     *slog.Logger
	queue   chan notice
	end     context.CancelFunc
	ended   chan struct{}
}

func newHook(url string, m *metrics, log *slog.Logger) *hook {
	ctx, cancel := context.WithCancel(context.Background())
	h := &hook{
		url: url, metrics: m, log: log, queue: make(chan notice, hookQueue), end: cancel, ended: make(chan struct{}),
		client: &http.Client{
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	go h.deliverAll(ctx)
	return h
}

// send queues a notice, or drops it if the queue is full.
func (h *hook) send(n notice) {
	select {
	case h.queue <- n:
	default:
		h.metrics.webhook.WithLabelValues("dropped").Inc()
	}
}

func (h *hook) close() {
	h.end()
	<-h.ended
}

func (h *hook) deliverAll(ctx context.Context) {
	defer close(h.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-h.queue:
			h.deliver(ctx, n)
		}
	}
}

func (h *hook) deliver(ctx context.Context, n notice) {
	var err error
	for try := range hookTries {
		if try > 0 && !pause(ctx, hookPause*time.Duration(try)) {
			break
		}
		if err = h.post(ctx, n.body); err == nil {
			h.metrics.webhook.WithLabelValues("sent").Inc()
			return
		}
	}
	h.metrics.webhook.WithLabelValues("failed").Inc()
	h.log.WarnContext(ctx, "an alert did not reach the webhook", n.what, "error", err)
}

func (h *hook) post(ctx context.Context, alert any) error {
	ctx, cancel := context.WithTimeout(ctx, hookTimeout)
	defer cancel()
	body, err := json.Marshal(alert)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the webhook's URL cannot be asked")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "askonce")
	resp, err := h.client.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("it answered %d", resp.StatusCode)
	}
	return nil
}

// withoutURL leaves the URL out of an error: it is a credential.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
