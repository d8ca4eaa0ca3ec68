// Asking the whole list and judging the answers.

package try

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/askonce/askonce/policy/price"
)

// Options say whom to ask. BaseURL and Model are required.
type Options struct {
	// BaseURL is the service's, with /v1.
	BaseURL string

	// Key is sent as a bearer token: an askonce key or the provider's. "" for
	// none.
	Key string

	// Model is the model to ask for.
	Model string

	// Simulated says that the provider answers with [Answers], so that texts
	// can be compared.
	Simulated bool

	// Progress is called after each question with how many are done. nil: not.
	Progress func(done, of int)
}

// givingUp is how many failures in a row end the run.
const givingUp = 5

// Run asks every question and returns what happened. The error means that the
// run could not be finished; questions that failed are in the report.
func Run(ctx context.Context, opts Options) (*Report, error) {
	questions, err := Questions()
	if err != nil {
		return nil, err
	}
	published, err := price.PublishedFor(priced)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConns: 1}
	defer transport.CloseIdleConnections()
	a := &asker{
		client: &http.Client{
			Transport: transport, Timeout: 5 * time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		baseURL: strings.TrimSuffix(opts.BaseURL, "/"), key: opts.Key, model: opts.Model, namespace: freshNamespace(),
	}
	j := &judge{simulated: opts.Simulated, price: published, stored: make(map[string]Question), started: time.Now()}
	inRow := 0
	for i, q := range questions {
		r, err := a.ask(ctx, q)
		if ctx.Err() != nil {
			return nil, errors.New("interrupted")
		}
		if j.record(q, r, err); err == nil {
			inRow = 0
		} else if inRow++; inRow == givingUp {
			return nil, fmt.Errorf("%d questions in a row failed, the last one with: %w", givingUp, err)
		}
		if opts.Progress != nil {
			opts.Progress(i+1, len(questions))
		}
	}
	return j.report(), nil
}

// freshNamespace names a namespace that nobody used before.
func freshNamespace() string {
	random := make([]byte, 8)
	rand.Read(random)
	return "try-" + hex.EncodeToString(random)
}
