package minilm

// Attention in 16-bit integers.
//
// Queries, keys and values are rounded to integers with one scale per head and
// text. A product of a query and a key is a sum over 32 inputs; the result of
// the attention is a sum over the tokens' values with weights up to weightMax.
// The limits below keep both within int32:
//
//	32 * 4095 * 4095 < 1<<30, 256 * 4095 * 2047 < 1<<31, 512 * 4095 * 1023 < 1<<31
//
// so no order of summing can overflow and all give the same result.

import "math"

const (
	queryMax  = 4095
	keyMax    = 4095
	weightMax = 4095

	// Values of a text of up to MaxTokens, and of a longer pair.
	valueMax     = 2047
	valueMaxLong = 1023

	// noScore stands where there is no token: below every score by so much
	// that its weight is 0, and so near that differences stay within int32.
	noScore = -(1 << 30)

	// rowBlock is how many queries are in work together.
	rowBlock = 8
	// columnBlock divides the numbers of columns that kernels work on.
	columnBlock = 32
)

// attend turns the rows of queries, keys and values in ws.wide into the first
// rows of ws.narrow.
func attend(k kernels, ws *workspace, rows int) {
	roundInputs(k, ws)
	for head := range heads {
		attendHead(k, ws, head, rows)
	}
}

// roundInputs fills ws.inputs and the scales of each head.
func roundInputs(k kernels, ws *workspace) {
	const width = 3 * hidden
	clear(ws.tops[:])
	for i := range ws.tokens {
		k.absMax(ws.tops[:], ws.wide[i*width:(i+1)*width])
	}
	limits := [3]float32{queryMax, keyMax, valueMax}
	if ws.tokens > MaxTokens {
		limits[2] = valueMaxLong
	}
	for group := range 3 * heads {
		limit := limits[group/heads]
		part := ws.tops[group*headSize : (group+1)*headSize]
		var top, factor float32
		for _, v := range part {
			top = max(top, v)
		}
		if top > 0 {
			factor = limit / top
		}
		ws.headScales[group] = top / limit
		for i := range part {
			part[i] = factor
		}
	}
	for i := range ws.tokens {
		k.quantise16(ws.inputs[i*width:(i+1)*width], ws.wide[i*width:(i+1)*width], ws.tops[:])
	}
}

// attendHead computes one head's columns of the first rows of the result.
func attendHead(k kernels, ws *workspace, head, queries int) {
	const width = 3 * hidden
	n := ws.tokens
	columns := (n + columnBlock - 1) &^ (columnBlock - 1)
	// Rows of earlier texts may follow those of this one. They take part in
	// the products, but noScore takes their weight away.
	inputs := ws.inputs[:ws.room*width]
	keys, values := ws.keys[:columns*headSize], ws.values[:columns*headSize]
	k.packKeys(keys, inputs[hidden+head*headSize:], width, columns)
	k.packValues(values, inputs[2*hidden+head*headSize:], width, columns)

	factor := float32(ws.headScales[head]*ws.headScales[heads+head]) * (math.Log2E / math.Sqrt2 / 4)
	for first := 0; first < queries; first += rowBlock {
		rows := min(rowBlock, queries-first)
		k.products(ws.scores, inputs[first*width+head*headSize:], width, keys, rows, headSize/2, columns)
		for i := range rows {
			scores := ws.scores[i*columns : (i+1)*columns]
			for j := n; j < columns; j++ {
				scores[j] = noScore
			}
			ws.sums[i] = k.softmax(ws.weights[i*columns:(i+1)*columns], scores, factor)
		}
		k.products(ws.mixed[:], ws.weights, columns, values, rows, columns/2, headSize)
		for i := range rows {
			to := ws.narrow[(first+i)*hidden+head*headSize:]
			k.scale(to[:headSize], ws.mixed[i*headSize:(i+1)*headSize], ws.headScales[2*heads+head]/float32(ws.sums[i]))
		}
	}
}
