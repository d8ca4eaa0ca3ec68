// The usage of embeddings answers: shared out, and added up.

package llm

import (
	"bytes"
	"strconv"
)

// splitUsage shares the integers of a usage object out by weight; whatever
// else it holds goes to every part. Without a usage object all are nil.
func splitUsage(usage value, weights []int) [][]byte {
	out := make([][]byte, len(weights))
	if usage.kind() != '{' {
		return out
	}
	for m := range usage.members() {
		count, isCount := countOf(m.value())
		var shares []int64
		if isCount {
			shares = share(count, weights)
		}
		for i := range out {
			out[i] = appendMember(out[i], m.quoted())
			if isCount {
				out[i] = strconv.AppendInt(out[i], shares[i], 10)
			} else {
				out[i] = append(out[i], m.value().raw()...)
			}
		}
	}
	for i := range out {
		out[i] = closeObject(out[i])
	}
	return out
}

// joinUsage adds up the integers of usage objects; whatever else there is
// comes from the first.
func joinUsage(usages []value) []byte {
	if usages[0].kind() != '{' {
		return nil
	}
	var out []byte
	for m := range usages[0].members() {
		out = appendMember(out, m.quoted())
		sum, isCount := countOf(m.value())
		if !isCount {
			out = append(out, m.value().raw()...)
			continue
		}
		name := string(m.name())
		for _, u := range usages[1:] {
			count, _ := countOf(u.at(name))
			sum += count
		}
		out = strconv.AppendInt(out, sum, 10)
	}
	return closeObject(out)
}

// share divides total in proportion to weights, so that the shares add up to
// total: each share is the difference of two rounded running sums.
func share(total int64, weights []int) []int64 {
	sum := 0.0
	for _, w := range weights {
		sum += float64(max(w, 0))
	}
	shares := make([]int64, len(weights))
	running, given := 0.0, int64(0)
	for i, w := range weights {
		part := float64(i+1) / float64(len(weights))
		if running += float64(max(w, 0)); sum > 0 {
			part = running / sum
		}
		upTo := min(max(int64(part*float64(total)+0.5), given), total)
		shares[i] = upTo - given
		given = upTo
	}
	shares[len(shares)-1] += total - given
	return shares
}

// countOf is the value as a number of tokens.
func countOf(v value) (int64, bool) {
	if v.kind() != '0' || bytes.ContainsAny(v.raw(), ".eE-") {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v.raw()), 10, 64)
	return n, err == nil
}

// appendMember appends an object's brace or a comma, a name and a colon.
func appendMember(dst, quoted []byte) []byte {
	if len(dst) == 0 {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	return append(append(dst, quoted...), ':')
}

// closeObject ends what appendMember began.
func closeObject(dst []byte) []byte {
	if len(dst) == 0 {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}
