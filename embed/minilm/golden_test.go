package minilm

// The goldens that convert.py made from the published model.

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"math"
	"os"
	"slices"
	"testing"
)

// readGolden decodes testdata/name into v.
func readGolden(t testing.TB, name string, v any) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(v); err != nil {
		t.Fatal(err)
	}
}

func TestTokenizerEqualsReference(t *testing.T) {
	var golden struct {
		Texts []string
		IDs   [][]int32
	}
	readGolden(t, "tokens.json.gz", &golden)
	if len(golden.Texts) != 5000 || len(golden.IDs) != 5000 {
		t.Fatalf("%d texts and %d id lists in the golden, want 5000", len(golden.Texts), len(golden.IDs))
	}
	tokens := openTokenizer(&reader{rest: embedded[headerSize:]})
	wrong := 0
	for i, text := range golden.Texts {
		got, ok := tokens.encode(nil, text, 1<<20)
		if !ok || !slices.Equal(got, golden.IDs[i]) {
			if wrong++; wrong <= 10 {
				t.Errorf("text %d %+q:\n got %v\nwant %v", i, text, got, golden.IDs[i])
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d texts differ", wrong, len(golden.Texts))
	}
}

func TestVectorsAreNearReference(t *testing.T) {
	var golden struct {
		Texts   []string
		Vectors []byte
	}
	readGolden(t, "vectors.json.gz", &golden)
	if len(golden.Texts) != 500 || len(golden.Vectors) != 500*2*dimensions {
		t.Fatalf("%d texts and %d bytes of vectors in the golden", len(golden.Texts), len(golden.Vectors))
	}
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := e.Embed(t.Context(), golden.Texts)
	if err != nil {
		t.Fatal(err)
	}
	sum, least := 0.0, 1.0
	for i, v := range vectors {
		c := cosine(v, golden.Vectors[2*dimensions*i:])
		if c < 0.98 {
			t.Errorf("text %d %q: the cosine to the reference is %.4f", i, golden.Texts[i], c)
		}
		sum, least = sum+c, min(least, c)
	}
	if sum := fingerprint(vectors); sum != vectorsSum {
		t.Errorf("the vectors have changed (%#x, were %#x): raise the number in the identity", sum, vectorsSum)
	}
	t.Logf("%s: cosine to the reference: mean %.5f, least %.5f", e.Kernels(), sum/500, least)
}

// vectorsSum is the fingerprint of the golden texts' vectors. It is the same on
// every processor. Vectors that are stored under one identity must stay
// comparable, so a change of it is a change of the identity.
const vectorsSum = 0x218aa271

// fingerprint is a checksum over the bits of all components.
func fingerprint[T float32 | float64](vectors [][]T) uint32 {
	h := crc32.NewIEEE()
	for _, v := range vectors {
		binary.Write(h, binary.LittleEndian, v)
	}
	return h.Sum32()
}

// cosine compares a vector with a golden's: int16 of 1/32767.
func cosine(v []float32, packed []byte) float64 {
	var dot, square float64
	for i, x := range v {
		y := float64(int16(binary.LittleEndian.Uint16(packed[2*i:]))) / 32767
		dot += float64(x) * y
		square += y * y
	}
	return dot / math.Sqrt(square)
}
