// GET /v1/limits: the buckets as they stand.

package api

import (
	"net/http"
	"time"
)

// LimitsState is how limits stand.
type LimitsState struct {
	// Shared says that all replicas count together at present, and Replicas
	// how many there are.
	Shared   bool
	Replicas int

	Subjects []SubjectState
}

// SubjectState is how the limits of one subject stand.
type SubjectState struct {
	Kind    string // deployment or tenant
	Name    string
	Limits  []LimitState
	Waiting *WaitingState // of a deployment
}

// WaitingState is how a deployment's queue on this replica stands.
type WaitingState struct {
	Calls    [3]int // P0, P1, P2
	InFlight int
}

type limitsAnswer struct {
	Shared   bool            `json:"shared"`
	Replicas int             `json:"replicas"`
	Subjects []subjectAnswer `json:"subjects"`
}

type subjectAnswer struct {
	Kind    string         `json:"kind"`
	Name    string         `json:"name"`
	Limits  []limitAnswer  `json:"limits"`
	Waiting *waitingAnswer `json:"waiting,omitempty"`
}

type limitAnswer struct {
	Name          string  `json:"name"`
	Unit          string  `json:"unit"`
	Counting      string  `json:"counting"`
	WindowSeconds float64 `json:"window_seconds,omitempty"`
	Limit         int64   `json:"limit"`
	Used          int64   `json:"used"`
	Remaining     int64   `json:"remaining"`
	ResetsAt      string  `json:"resets_at,omitempty"`
}

type waitingAnswer struct {
	P0       int `json:"p0"`
	P1       int `json:"p1"`
	P2       int `json:"p2"`
	InFlight int `json:"in_flight"`
}

// limits shows an admin all subjects, and everybody else his tenant's.
func (s *Server) limits(w http.ResponseWriter, r *http.Request, x *exchange) error {
	answer := limitsAnswer{Replicas: 1, Subjects: []subjectAnswer{}}
	if s.opts.Limits == nil {
		return writeJSON(w, http.StatusOK, answer)
	}
	tenant := x.caller.tenant
	if x.caller.role.includes(RoleAdmin) {
		tenant = ""
	}
	state, err := s.opts.Limits.State(r.Context(), tenant)
	if err != nil {
		return err
	}
	answer.Shared, answer.Replicas = state.Shared, state.Replicas
	for _, subject := range state.Subjects {
		answer.Subjects = append(answer.Subjects, subject.answer())
	}
	w.Header()["Cache-Control"] = []string{"no-store"}
	return writeJSON(w, http.StatusOK, answer)
}

func (s *SubjectState) answer() subjectAnswer {
	a := subjectAnswer{Kind: s.Kind, Name: s.Name, Limits: make([]limitAnswer, len(s.Limits))}
	for i, l := range s.Limits {
		a.Limits[i] = limitAnswer{
			Name: l.Name, Unit: l.Unit, Counting: l.Counting, WindowSeconds: l.Window.Seconds(),
			Limit: l.Limit, Used: l.Used, Remaining: l.Remaining,
		}
		if !l.Resets.IsZero() {
			a.Limits[i].ResetsAt = l.Resets.UTC().Format(time.RFC3339Nano)
		}
	}
	if q := s.Waiting; q != nil {
		a.Waiting = &waitingAnswer{P0: q.Calls[0], P1: q.Calls[1], P2: q.Calls[2], InFlight: q.InFlight}
	}
	return a
}
