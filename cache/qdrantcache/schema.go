// What a collection is: its name, its settings, its payload indexes.

package qdrantcache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/qdrant/go-client/qdrant"
)

// layout is the version of all that is written here: settings and payload. A
// new one is another collection, to which the alias moves.
const layout = 1

// Payload fields.
const (
	fieldKey      = "key"      // hexadecimal, the entry's id
	fieldScope    = "scope"    // hexadecimal
	fieldText     = "text"     // the query text
	fieldTags     = "tags"     // list of strings
	fieldCreated  = "created"  // Unix time in milliseconds
	fieldExpires  = "expires"  // Unix time in milliseconds
	fieldIdentity = "identity" // the embedder's
)

// Metadata of the collection.
const (
	metaIdentity = "askonce_identity"
	metaLayout   = "askonce_layout"
)

// What a MismatchError may be about.
const (
	whatIdentity   = "identity"
	whatDimensions = "dimensions"
	whatDistance   = "distance"
	whatVectors    = "vectors"
)

const (
	// Graphs within each scope only: a graph over all scopes would never be
	// asked.
	graphM   = 0
	payloadM = 16

	// efConstruct and efSearch are the candidates looked at while building and
	// while searching a graph.
	efConstruct = 128
	efSearch    = 128

	// fullScanKB is the size of vectors up to which a scope is scanned, which
	// is exact, and has no graph.
	fullScanKB = 10_000

	// int8Quantile leaves outliers out of the range that 8 bits cover, and
	// oversampling is how many times the limit are rescored.
	int8Quantile = 0.99
	oversampling = 2.0
)

// names are those of a collection and its alias.
type names struct {
	base, hash        string
	alias, collection string
}

// newNames gives each identity its own alias. 64 bits of a digest keep names
// short; that the collection really has the identity is checked.
func newNames(base, identity string) names {
	sum := sha256.Sum256([]byte(identity))
	hash := hex.EncodeToString(sum[:8])
	return names{
		base: base, hash: hash,
		alias:      fmt.Sprintf("%s_%s", base, hash),
		collection: fmt.Sprintf("%s_v%d_%s", base, layout, hash),
	}
}

// layoutOf reads the layout from a collection's name; 0 if it has none.
func (n names) layoutOf(collection string) int {
	rest, ok := strings.CutPrefix(collection, n.base+"_v")
	if !ok {
		return 0
	}
	digits, ok := strings.CutSuffix(rest, "_"+n.hash)
	if !ok {
		return 0
	}
	version, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return version
}

// createRequest describes a new collection.
func createRequest(o Options, collection string) *qdrant.CreateCollection {
	r := &qdrant.CreateCollection{
		CollectionName: collection,
		VectorsConfig: qdrant.NewVectorsConfig(&qdrant.VectorParams{
			Size:     uint64(o.Dimensions),
			Distance: qdrant.Distance_Cosine,
			OnDisk:   &o.OnDisk,
		}),
		HnswConfig: &qdrant.HnswConfigDiff{
			M:                 qdrant.PtrOf[uint64](graphM),
			PayloadM:          qdrant.PtrOf[uint64](payloadM),
			EfConstruct:       qdrant.PtrOf[uint64](efConstruct),
			FullScanThreshold: qdrant.PtrOf[uint64](fullScanKB),
			OnDisk:            &o.OnDisk,
		},
		OnDiskPayload:          qdrant.PtrOf(true), // texts are read for candidates only
		ReplicationFactor:      &o.Replicas,
		WriteConsistencyFactor: &o.WriteConsistency,
		Metadata: map[string]*qdrant.Value{
			metaIdentity: qdrant.NewValueString(o.Identity),
			metaLayout:   qdrant.NewValueInt(layout),
		},
	}
	if o.Shards > 0 {
		r.ShardNumber = &o.Shards
	}
	if o.Quantisation == Int8 {
		r.QuantizationConfig = qdrant.NewQuantizationScalar(&qdrant.ScalarQuantization{
			Type:      qdrant.QuantizationType_Int8,
			Quantile:  qdrant.PtrOf[float32](int8Quantile),
			AlwaysRam: qdrant.PtrOf(true),
		})
	}
	return r
}

// payloadIndex is a field that searches or sweeps filter by.
type payloadIndex struct {
	field  string
	kind   qdrant.FieldType
	schema qdrant.PayloadSchemaType
	params *qdrant.PayloadIndexParams
}

// payloadIndexes makes the scope the tenant: points of one scope lie together
// and have a graph of their own. The other fields narrow a scope and get no
// graphs.
func payloadIndexes() []payloadIndex {
	no, yes := qdrant.PtrOf(false), qdrant.PtrOf(true)
	times := qdrant.NewPayloadIndexParamsInt(&qdrant.IntegerIndexParams{Lookup: no, Range: yes, EnableHnsw: no})
	return []payloadIndex{
		{
			fieldScope, qdrant.FieldType_FieldTypeKeyword, qdrant.PayloadSchemaType_Keyword,
			qdrant.NewPayloadIndexParamsKeyword(&qdrant.KeywordIndexParams{IsTenant: yes}),
		},
		{fieldExpires, qdrant.FieldType_FieldTypeInteger, qdrant.PayloadSchemaType_Integer, times},
		{fieldCreated, qdrant.FieldType_FieldTypeInteger, qdrant.PayloadSchemaType_Integer, times},
		{
			fieldTags, qdrant.FieldType_FieldTypeKeyword, qdrant.PayloadSchemaType_Keyword,
			qdrant.NewPayloadIndexParamsKeyword(&qdrant.KeywordIndexParams{EnableHnsw: no}),
		},
	}
}
