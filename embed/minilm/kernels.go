package minilm

// The arithmetic the encoder is made of, one implementation per instruction set.

// kernels works on single rows, except for the products. All implementations
// give the same bits; scalar defines them. Lengths of rows are multiples of 16.
type kernels interface {
	name() string

	// addNorm makes x the layer norm of x + y.
	addNorm(x, y []float32, n layerNorm)
	// gelu applies the activation function of the feed-forward part.
	gelu(x []float32)
	// quantise writes x as dst[i] = x[i]/scale + zero, rounded to [0, 255].
	quantise(dst []uint8, x []float32) (scale float32, zero int32)
	// matmul writes the product of in and w plus the bias, tokens rows of w.out.
	matmul(out []float32, in *quantised, w matrix)

	// absMax raises m to the magnitudes of x, component by component.
	absMax(m, x []float32)
	// quantise16 writes x times factors, rounded.
	quantise16(dst []int16, x, factors []float32)
	// packKeys and packValues reorder one head of as many rows as columns, a
	// multiple of columnBlock, for products of pairs.
	packKeys(dst []int16, rows []int16, stride, columns int)
	packValues(dst []int16, rows []int16, stride, columns int)
	// products writes the integer products of n rows of a, lda apart, with
	// the packed b: its columns' values for each pair of inputs. Up to
	// rowBlock rows may be read and written, whatever n is.
	products(out []int32, a []int16, lda int, b []int16, n, pairs, columns int)
	// softmax writes weights, up to weightMax, for a row of scores, and
	// returns their sum.
	softmax(weights []int16, scores []int32, factor float32) (sum int32)
	// scale writes x times factor.
	scale(dst []float32, x []int32, factor float32)
}

// fastest returns the kernels for this processor.
func fastest() kernels {
	all := available()
	return all[len(all)-1]
}

// quantised is a batch of rows of activations, each with its own scale.
type quantised struct {
	rows, width int
	values      []uint8 // rows * width
	scales      []float32
	zeros       []int32
	wide        []int16 // scratch for kernels that need 16-bit values
}

// shape makes q a batch of empty rows.
func (q *quantised) shape(rows, width int) {
	q.rows, q.width = rows, width
	q.values = q.values[:rows*width]
	q.scales, q.zeros = q.scales[:rows], q.zeros[:rows]
}

func (q *quantised) row(i int) []uint8 { return q.values[i*q.width : (i+1)*q.width] }

// set quantises x into row i.
func (q *quantised) set(k kernels, i int, x []float32) {
	q.scales[i], q.zeros[i] = k.quantise(q.row(i), x)
}
