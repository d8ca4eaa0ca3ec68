// POST /v1/embeddings: unit vectors drawn from a digest of the input.

package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"github.com/tidwall/gjson"
)

const (
	maxInputs         = 2048 // inputs of one request
	defaultDimensions = 1536
	largeDimensions   = 3072
)

func (*Simulator) serveEmbeddings(x *exchange, doc object) *apiError {
	inputs, err := readInputs(doc, "input")
	if err != nil {
		return err
	}
	model := doc.get("model").Str
	dimensions, err := readDimensions(doc, model)
	if err != nil {
		return err
	}
	appendVector, err := readEncoding(doc)
	if err != nil {
		return err
	}
	if err := checkInputs(inputs); err != nil {
		return err
	}
	d := demand{bounded: true}
	for _, in := range inputs {
		d.prompt += in.tokens
	}
	if err := x.enter(model, inputs[0].text, d); err != nil || x.done {
		return err
	}
	x.embed(model, inputs, dimensions, appendVector)
	return nil
}

// embed sends the vectors of the inputs.
func (x *exchange) embed(model string, inputs []input, dimensions int, appendVector func([]byte, []float32) []byte) {
	buf := documents.Get().(*[]byte)
	defer documents.Put(buf)
	var u usage
	dst := append((*buf)[:0], `{"object":"list","data":[`...)
	for i, in := range inputs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"object":"embedding","index":`...)
		dst = strconv.AppendInt(dst, int64(i), 10)
		dst = append(dst, `,"embedding":`...)
		dst = append(appendVector(dst, vector(model, in.text, dimensions)), '}')
		u.prompt += in.tokens
	}
	dst = gjson.AppendJSONString(append(dst, `],"model":`...), model)
	dst = append(u.append(append(dst, `,"usage":`...), embeddingsEndpoint), "}\n"...)
	*buf = dst
	x.used = u
	x.respond(http.StatusOK, "application/json", dst)
}

func checkInputs(inputs []input) *apiError {
	if len(inputs) > maxInputs {
		return invalid("input", "array_above_max_length", "'input' has more than 2048 elements.")
	}
	for _, in := range inputs {
		if in.text == "" {
			return invalid("input", "invalid_value", "'input' holds an empty string.")
		}
	}
	return nil
}

// readDimensions is how many components the answer's vectors have.
func readDimensions(doc object, model string) (int, *apiError) {
	dimensions := defaultDimensions
	if model == "text-embedding-3-large" {
		dimensions = largeDimensions
	}
	if model == "text-embedding-ada-002" && doc.get("dimensions").Exists() {
		return 0, invalid("dimensions", "", "This model has no other 'dimensions' than its own.")
	}
	err := readInt(doc, "dimensions", 1, largeDimensions, &dimensions)
	return dimensions, err
}

// readEncoding picks how vectors are written.
func readEncoding(doc object) (func([]byte, []float32) []byte, *apiError) {
	switch format := doc.get("encoding_format"); format.String() {
	case "", "float":
		return appendFloats, nil
	case "base64":
		return appendBase64, nil
	}
	return nil, invalid("encoding_format", "invalid_value", "'encoding_format' is neither float nor base64.")
}

// vector draws the unit vector of a text. A shorter one is the beginning of a
// longer one, brought to unit length, as with models that were trained so.
func vector(model, text string, dimensions int) []float32 {
	random := rand.New(rand.NewPCG(xxhash.Sum64String(model), xxhash.Sum64String(text)))
	v := make([]float32, dimensions)
	var sum float64
	for i := range v {
		f := random.NormFloat64()
		v[i] = float32(f)
		sum += f * f
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return v
}

func appendFloats(dst []byte, v []float32) []byte {
	dst = append(dst, '[')
	for i, f := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendFloat(dst, float64(f), 'g', -1, 32)
	}
	return append(dst, ']')
}

// appendBase64 writes little-endian float32.
func appendBase64(dst []byte, v []float32) []byte {
	raw := make([]byte, 0, 4*len(v))
	for _, f := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, raw)
	return append(dst, '"')
}
