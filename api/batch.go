// The batch forms of lookup and store: results in the order of the items, and
// one bad item spoils no other.

package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/internal/llm"
)

const (
	maxBatch     = 256 // items
	batchWorkers = 8   // items of one batch under way at a time
)

type batchBody struct {
	Items   []jsontext.Value `json:"items"`
	Unknown unknown          `json:",embed"`
}

type batchAnswer[T any] struct {
	Results []itemAnswer[T] `json:"results"`
}

// itemAnswer is the single form's answer with its status, or a problem.
type itemAnswer[T any] struct {
	Status  int      `json:"status"`
	Problem *problem `json:"problem,omitempty"`
	Answer  *T       `json:",embed"`
}

// decodeBatch reads the list and leaves its items to their own decoding: a name
// that stands twice in one of them spoils that one alone.
func decodeBatch(body []byte) (batchBody, error) {
	var batch batchBody
	var twice *llm.RequestError
	if errors.As(llm.CheckJSON(body), &twice) && strings.HasPrefix(twice.Param, "items[") {
		if json.Unmarshal(body, &batch, jsontext.AllowDuplicateNames(true)) == nil && len(batch.Unknown) == 0 {
			return batch, nil
		}
	}
	err := decode(body, "", &batch, &batch.Unknown)
	return batch, err
}

func (s *Server) lookupBatch(w http.ResponseWriter, r *http.Request, x *exchange) error {
	return runBatch(s, w, r, http.StatusOK, s.asker(r, x).lookup)
}

func (s *Server) storeBatch(w http.ResponseWriter, r *http.Request, x *exchange) error {
	return runBatch(s, w, r, http.StatusCreated, s.asker(r, x).store)
}

// runBatch does do for every item; success is the status of those done.
func runBatch[T any](
	s *Server, w http.ResponseWriter, r *http.Request, success int, do func(ctx context.Context, body []byte, at string) (*T, error),
) error {
	body, err := s.readPlain(r)
	if err != nil {
		return err
	}
	batch, err := decodeBatch(body)
	if err != nil {
		return err
	}
	if n := len(batch.Items); n == 0 || n > maxBatch {
		return badBody(detail{"items", fmt.Sprintf("is a list of 1 to %d items, these are %d", maxBatch, n)})
	}
	answer := batchAnswer[T]{Results: make([]itemAnswer[T], len(batch.Items))}
	spread(len(batch.Items), batchWorkers, func(i int) {
		result := &answer.Results[i]
		done, err := do(r.Context(), batch.Items[i], fmt.Sprintf("items[%d]", i))
		if err == nil {
			result.Status, result.Answer = success, done
			return
		}
		f := faultOf(err)
		if f.status >= http.StatusInternalServerError {
			s.log.LogAttrs(r.Context(), slog.LevelWarn, "batch item failed", slog.Int("item", i), slog.Any("error", err))
		}
		result.Status, result.Problem = f.status, f.problem()
	})
	return writeJSON(w, http.StatusOK, answer)
}
