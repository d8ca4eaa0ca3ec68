package cache

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/askonce/askonce/policy/guard"
)

// Reason is why a lookup did not answer, as one word for receipts and metrics.
type Reason string

// The reasons. A request without query text has its own (see llm.Request).
const (
	ReasonOff                 Reason = "mode_off"
	ReasonNoCache             Reason = "no_cache"
	ReasonExactMode           Reason = "mode_exact"
	ReasonNoNeighbour         Reason = "no_neighbour"
	ReasonBelowThreshold      Reason = "below_threshold"
	ReasonBelowFloor          Reason = "below_floor"
	ReasonGuarded             Reason = "guard_refused"
	ReasonUnverified          Reason = "not_verified"
	ReasonSaidWrong           Reason = "said_wrong"
	ReasonShadow              Reason = "mode_shadow"
	ReasonExpired             Reason = "expired"
	ReasonTooOld              Reason = "older_than_max_age"
	ReasonTags                Reason = "tags_differ"
	ReasonOrphan              Reason = "answer_gone"
	ReasonTooLong             Reason = "text_too_long"
	ReasonNoEmbedder          Reason = "semantic_layer_off"
	ReasonEmbedUnavailable    Reason = "embedder_unavailable"
	ReasonIndexUnavailable    Reason = "index_unavailable"
	ReasonStoreUnavailable    Reason = "store_unavailable"
	ReasonNoVerifier          Reason = "no_verifier"
	ReasonVerifierUnavailable Reason = "verifier_unavailable"
)

// Receipt explains one lookup: what answered, or why nothing did. It holds no
// text of the request.
type Receipt struct {
	Layer  Layer
	Reason Reason // "" on a hit

	// Request is the request's key, for feedback; only where a candidate was
	// served, or would have been in shadow mode.
	Request Key

	// Joined is set when the answer came from a call that another request had
	// under way.
	Joined bool

	// Nearest is the similarity of the nearest candidate; only if HasNearest.
	Nearest     float64
	HasNearest  bool
	NearestKey  Key
	RunnerUp    float64 // similarity of the second; only if HasRunnerUp
	HasRunnerUp bool

	// Verified is the verifier's probability that the candidate's answer fits;
	// only if HasVerified.
	Verified    float64
	HasVerified bool

	// Refused are the guards that refused candidates.
	Refused guard.Set

	// Shadow is set when Reason is ReasonShadow: the candidate under
	// NearestKey would have been served.
	Shadow bool

	// Threshold is what the Score had to reach, and ThresholdVersion which
	// version of the namespace's it is. Clamped: the caller asked for less.
	// All are zero where the semantic layer was not asked.
	Score            Score
	Threshold        float64
	ThresholdVersion string
	Clamped          bool

	Embedder   string // identity; "" where nothing was embedded
	EmbedTime  time.Duration
	SearchTime time.Duration
	Verifier   string // identity; "" where it was not asked
	VerifyTime time.Duration

	// Degraded names the dependencies that could not be asked.
	Degraded []string
}

// Hit reports whether the lookup was answered from the cache.
func (r *Receipt) Hit() bool { return r.Layer != LayerNone }

// AppendCompact appends the receipt in the form of a response header:
// name=value pairs separated by semicolons, ASCII, no text of the request.
func (r *Receipt) AppendCompact(dst []byte) []byte {
	if r.Layer == LayerNone {
		dst = append(dst, "layer=none;reason="...)
		dst = append(dst, r.Reason...)
	} else {
		dst = append(dst, "layer="...)
		dst = append(dst, r.Layer...)
	}
	dst = r.appendScores(dst)
	if r.ThresholdVersion != "" {
		dst = append(dst, ";threshold="...)
		dst = strconv.AppendFloat(dst, r.Threshold, 'f', -1, 64)
		dst = append(dst, ";version="...)
		dst = append(dst, r.ThresholdVersion...)
	}
	if r.Refused != guard.None {
		dst = append(dst, ";guards="...)
		dst = append(dst, r.Refused.String()...)
	}
	if r.Request != (Key{}) {
		dst = append(dst, ";request="...)
		dst = hex.AppendEncode(dst, r.Request[:])
	}
	if r.Clamped {
		dst = append(dst, ";clamped"...)
	}
	if r.Joined {
		dst = append(dst, ";joined"...)
	}
	if len(r.Degraded) > 0 {
		dst = append(dst, ";degraded="...)
		dst = append(dst, strings.Join(r.Degraded, "+")...)
	}
	return dst
}

// appendScores appends what is known of the nearest candidates. score is what
// the threshold acts on; by and cosine stand there where that is not the cosine.
func (r *Receipt) appendScores(dst []byte) []byte {
	cosine := ";score="
	if r.Score == ScoreVerified {
		cosine = ";cosine="
	}
	if r.HasVerified {
		dst = append(dst, ";score="...)
		dst = strconv.AppendFloat(dst, r.Verified, 'f', 4, 64)
		dst = append(dst, ";by="...)
		dst = append(dst, r.Score...)
	}
	if r.HasNearest {
		dst = append(dst, cosine...)
		dst = strconv.AppendFloat(dst, r.Nearest, 'f', 4, 64)
	}
	if r.HasRunnerUp {
		dst = append(dst, ";runner-up="...)
		dst = strconv.AppendFloat(dst, r.RunnerUp, 'f', 4, 64)
	}
	return dst
}
