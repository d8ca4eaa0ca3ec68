// Embeddings answers: one into one for each input, and back.

package llm

import (
	"errors"
	"fmt"
	"strconv"
)

// errEmbeddings is the answer that is none.
var errEmbeddings = errors.New("llm: the answer is not a list of embeddings")

// SplitEmbeddings cuts the answer to a request of n inputs into n answers of
// one input each, every one with index 0. Usage is shared out in proportion to
// weights (one for each input, such as its length), the sum unchanged.
func SplitEmbeddings(answer []byte, weights []int) ([][]byte, error) {
	list, err := readEmbeddings(answer)
	if err != nil {
		return nil, err
	}
	if len(list.items) != len(weights) {
		return nil, fmt.Errorf("llm: the answer holds %d embeddings for %d inputs", len(list.items), len(weights))
	}
	usages := splitUsage(list.usage, weights)
	parts := make([][]byte, len(weights))
	for i, item := range list.items {
		parts[i] = list.with(appendIndexed([]byte{'['}, item, 0), usages[i])
	}
	return parts, nil
}

// JoinEmbeddings is the inverse: one answer whose data holds the parts' in
// order, indexed from 0, and whose usage is their sum.
func JoinEmbeddings(parts [][]byte) ([]byte, error) {
	if len(parts) == 0 {
		return nil, errEmbeddings
	}
	var first embeddingList
	data, n := []byte{'['}, 0
	usages := make([]value, len(parts))
	for i, part := range parts {
		list, err := readEmbeddings(part)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = list
		}
		usages[i] = list.usage
		for _, item := range list.items {
			if n > 0 {
				data = append(data, ',')
			}
			data = appendIndexed(data, item, n)
			n++
		}
	}
	return first.with(data, joinUsage(usages)), nil
}

// embeddingList is an answer of the embeddings endpoint.
type embeddingList struct {
	root, data, usage value
	items             []value // in the order of their index
}

// readEmbeddings checks an answer and orders its data by index.
func readEmbeddings(answer []byte) (embeddingList, error) {
	var t tape
	if err := t.parse(answer); err != nil {
		return embeddingList{}, fmt.Errorf("llm: embeddings answer: %w", err)
	}
	list := embeddingList{root: t.root(), data: t.root().at("data"), usage: t.root().at("usage")}
	for item := range list.data.elements() {
		if item.at("embedding").isNull() {
			return list, errEmbeddings
		}
		list.items = append(list.items, item)
	}
	if len(list.items) == 0 {
		return list, errEmbeddings
	}
	return list, list.order()
}

// order sorts the items by their index member, which must number them all;
// items without any are in order already.
func (l *embeddingList) order() error {
	sorted := make([]value, len(l.items))
	for i, item := range l.items {
		at := i
		if index := item.at("index"); index.kind() != 0 {
			n, err := strconv.Atoi(string(index.raw()))
			if err != nil || n < 0 || n >= len(sorted) {
				return errEmbeddings
			}
			at = n
		}
		if sorted[at].kind() != 0 {
			return errEmbeddings
		}
		sorted[at] = item
	}
	l.items = sorted
	return nil
}

// with is the answer with another data array, given without its bracket at
// the end, and another usage object (nil: the same). All else stays, byte for
// byte.
func (l *embeddingList) with(data, usage []byte) []byte {
	src := l.root.tape.src
	out := make([]byte, 0, len(src)-int(l.data.end-l.data.start)+len(data)+len(usage)+1)
	at := uint32(0)
	replace := func(v value, with []byte) {
		out = append(append(out, src[at:v.start]...), with...)
		at = v.end
	}
	data = append(data, ']')
	if usage == nil || l.usage.start > l.data.start {
		replace(l.data, data)
		data = nil
	}
	if usage != nil {
		replace(l.usage, usage)
	}
	if data != nil {
		replace(l.data, data)
	}
	return append(out, src[at:]...)
}

// appendIndexed appends an item of a data array with another index.
func appendIndexed(dst []byte, item value, index int) []byte {
	src := item.tape.src
	at := item.at("index")
	if at.kind() == 0 {
		dst = strconv.AppendInt(append(dst, `{"index":`...), int64(index), 10)
		return append(append(dst, ','), src[item.start+1:item.end]...)
	}
	dst = append(dst, src[item.start:at.start]...)
	dst = strconv.AppendInt(dst, int64(index), 10)
	return append(dst, src[at.end:item.end]...)
}
