// Points as Qdrant holds them.

package qdrantcache

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askonce/askonce/cache"
)

var (
	errNoKey    = errors.New("qdrantcache: a point needs a key")
	errNoExpiry = errors.New("qdrantcache: a point needs an expiry")
	errTag      = errors.New("qdrantcache: a tag is not valid UTF-8")
)

// pointID is the first half of the key, as a UUID. The other half is in the
// payload: two keys that share the first half replace each other and are never
// taken for each other.
func pointID(k cache.Key) *qdrant.PointId {
	var text [36]byte
	hex.Encode(text[:8], k[:4])
	hex.Encode(text[9:13], k[4:6])
	hex.Encode(text[14:18], k[6:8])
	hex.Encode(text[19:23], k[8:10])
	hex.Encode(text[24:], k[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return qdrant.NewIDUUID(string(text[:]))
}

// checkVector says if a vector does not fit.
func (x *Index) checkVector(v []float32) error {
	if len(v) != x.options.Dimensions {
		return fmt.Errorf("%w: %d components, %s has %d", cache.ErrDimension, len(v), x.names.alias, x.options.Dimensions)
	}
	return nil
}

func (x *Index) checkPoint(p cache.Point) error {
	if err := x.checkVector(p.Vector); err != nil {
		return err
	}
	if p.Key == (cache.Key{}) {
		return errNoKey
	}
	if p.Expires.IsZero() {
		return errNoExpiry
	}
	return checkTags(p.Tags)
}

func checkTags(tags []string) error {
	for _, t := range tags {
		if !utf8.ValidString(t) {
			return errTag
		}
	}
	return nil
}

// encode makes the message for a point. It shares the vector's memory, which
// is copied into the request before Upsert returns.
func (x *Index) encode(p cache.Point) *qdrant.PointStruct {
	tags := make([]*qdrant.Value, len(p.Tags))
	for i, t := range p.Tags {
		tags[i] = qdrant.NewValueString(t)
	}
	return &qdrant.PointStruct{
		Id:      pointID(p.Key),
		Vectors: qdrant.NewVectorsDense(p.Vector),
		Payload: map[string]*qdrant.Value{
			fieldKey:      qdrant.NewValueString(p.Key.String()),
			fieldScope:    qdrant.NewValueString(scopeText(p.Scope)),
			fieldText:     qdrant.NewValueString(strings.ToValidUTF8(p.Text, "\uFFFD")),
			fieldTags:     qdrant.NewValueFromList(tags...),
			fieldCreated:  qdrant.NewValueInt(p.Created.UnixMilli()),
			fieldExpires:  qdrant.NewValueInt(p.Expires.UnixMilli()),
			fieldIdentity: qdrant.NewValueString(x.options.Identity),
		},
	}
}

// size is about what encode's message takes in bytes.
func (x *Index) size(p cache.Point) int {
	const fixed = 400 // id, field names, key, scope and times
	n := fixed + 4*len(p.Vector) + len(p.Text) + len(x.options.Identity)
	for _, t := range p.Tags {
		n += len(t) + 8
	}
	return n
}

func scopeText(s cache.Scope) string { return hex.EncodeToString(s[:]) }

// decode reads a found point; ok is false if it isn't one that encode made.
func decode(p *qdrant.ScoredPoint) (c cache.Candidate, ok bool) {
	fields := p.GetPayload()
	key, err := cache.ParseKey(fields[fieldKey].GetStringValue())
	if err != nil || pointID(key).GetUuid() != p.GetId().GetUuid() {
		return cache.Candidate{}, false
	}
	return cache.Candidate{
		Key:        key,
		Similarity: similarity(p.GetScore()),
		Text:       fields[fieldText].GetStringValue(),
		Created:    time.UnixMilli(fields[fieldCreated].GetIntegerValue()),
		Expires:    time.UnixMilli(fields[fieldExpires].GetIntegerValue()),
	}, true
}

// similarity clips what rounding puts outside of [-1, 1]. No number at all is
// as far as can be.
func similarity(score float32) float64 {
	if math.IsNaN(float64(score)) {
		return -1
	}
	return min(1, max(-1, float64(score)))
}
