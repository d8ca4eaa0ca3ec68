// The client that scenarios compare with: it backs off, and that is all.

package scenario

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	naiveTries   = 5
	naiveTimeout = time.Minute // of one try
)

// Naive asks the provider at once and tries again on 429, 5xx and errors of the
// connection, after a second that doubles every time, up to a quarter more or
// less. It does not look at what the provider says.
func Naive(transport http.RoundTripper, baseURL string) Asker {
	client := &http.Client{Transport: transport, Timeout: naiveTimeout}
	return func(ctx context.Context, c Call) (status int, err error) {
		wait := time.Second
		for range naiveTries {
			status, err = post(ctx, client, baseURL, c, nil)
			if ctx.Err() != nil || (err == nil && status != http.StatusTooManyRequests && status < 500) {
				return status, err
			}
			sleepUntil(ctx, time.Now().Add(time.Duration(float64(wait)*(0.75+rand.Float64()/2))))
			wait *= 2
		}
		return status, err
	}
}

// OverHTTP asks a service once, with what header adds to a call's headers.
func OverHTTP(transport http.RoundTripper, baseURL string, header func(Call, http.Header)) Asker {
	client := &http.Client{Transport: transport}
	return func(ctx context.Context, c Call) (int, error) { return post(ctx, client, baseURL, c, header) }
}

// post makes a call over HTTP and reads the answer to its end. Without a key, the
// tenant's name is one.
func post(ctx context.Context, client *http.Client, baseURL string, c Call, header func(Call, http.Header)) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/chat/completions", bytes.NewReader(c.Body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if header != nil {
		header(c, req.Header)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
