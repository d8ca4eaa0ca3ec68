// Versions of thresholds: what they are, and what they are bound to.

package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/askonce/askonce/policy/tune"
)

// Judge is all that makes the scores on which a threshold acts. A threshold
// means nothing under another judge.
type Judge struct {
	Embedder string  `json:"embedder"`
	Score    Score   `json:"score"`
	Verifier string  `json:"verifier,omitempty"` // for ScoreVerified
	Floor    float64 `json:"floor,omitzero"`     // likewise
	Guards   string  `json:"guards"`             // names joined by plus signs, and their revision; or "none"
}

// differs is in what two judges differ, in one word; "" if they are the same.
func (j Judge) differs(from Judge) string {
	switch {
	case j.Embedder != from.Embedder:
		return "embedder"
	case j.Score != from.Score:
		return "score"
	case j.Verifier != from.Verifier:
		return "verifier"
	case j.Floor != from.Floor:
		return "floor"
	case j.Guards != from.Guards:
		return "guards"
	}
	return ""
}

// Source is how a version of a threshold came about.
type Source string

// The sources.
const (
	SourceTune     Source = "tune"     // calibrated, with a certificate
	SourceSet      Source = "set"      // by hand
	SourceRollback Source = "rollback" // an earlier version again, or the default
	SourceAlarm    Source = "alarm"    // tightened, since audits found too many wrong hits
)

// Version is one version of a namespace's threshold. The one with the highest
// number holds.
type Version struct {
	Tenant    string `json:"tenant"`
	Namespace string `json:"namespace"`
	Number    int    `json:"version"` // from 1
	Mark      string `json:"mark"`    // random: tells two who write the same number apart

	// Default says that the configuration's threshold holds again; Threshold
	// and Judge are zero then.
	Default   bool    `json:"default,omitempty"`
	Threshold float64 `json:"threshold"`
	Judge     Judge   `json:"judge"`

	Source      Source            `json:"source"`
	Of          int               `json:"of,omitempty"` // for a rollback: the version that holds again; 0: the default
	By          string            `json:"by"`           // who: a key's id
	At          time.Time         `json:"at"`
	Certificate *tune.Certificate `json:"certificate,omitempty"`
	Alarm       *Alarm            `json:"alarm,omitempty"` // why, for an alarm
}

// name is how receipts name the version.
func (v *Version) name() string { return "v" + strconv.Itoa(v.Number) }

// Threshold bounds: a cosine may be negative, but no threshold below 0 is of
// use, and one above 1 would serve nothing.
func checkThreshold(threshold float64) error {
	if math.IsNaN(threshold) || threshold < 0 || threshold > 1 {
		return fmt.Errorf("cache: a threshold is between 0 and 1")
	}
	return nil
}

// place is a tenant's namespace.
type place struct{ tenant, namespace string }

// prefix begins the names of the place's rows. It is a digest, so that names of
// any length and with any characters fit.
func (p place) prefix() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(p.tenant), p.tenant, p.namespace))
	return hex.EncodeToString(sum[:16]) + "/"
}

func (v *Version) place() place { return place{v.Tenant, v.Namespace} }

// row is the version's name in the book. Numbers are of one width, so that
// names sort as they do.
func (v *Version) row() string { return fmt.Sprintf("%s%010d", v.place().prefix(), v.Number) }

// readVersion reads a row, and holds it to its name.
func readVersion(name string, value []byte) (*Version, error) {
	var v Version
	if err := json.Unmarshal(value, &v); err != nil || v.row() != name {
		return nil, fmt.Errorf("%w: a threshold's version", ErrDamaged)
	}
	if !v.Default && checkThreshold(v.Threshold) != nil {
		return nil, fmt.Errorf("%w: a threshold's version", ErrDamaged)
	}
	return &v, nil
}
