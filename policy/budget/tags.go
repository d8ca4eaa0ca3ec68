// Chunks as blocks in a text.

package budget

import (
	"math"
	"strconv"
	"strings"
)

const (
	openTag  = "<chunk "
	closeTag = "</chunk>"
)

// A block is where a chunk stands in a text, with the line end behind it.
type block struct {
	span
	score float64
}

// blocks are the chunks of a text. What is not whole is text.
func blocks(text string) []block {
	var list []block
	for at := 0; ; {
		next := strings.Index(text[at:], openTag)
		if next < 0 {
			return list
		}
		from := at + next
		at = from + len(openTag)
		tag, _, closed := strings.Cut(text[at:], ">")
		score, scored := scoreOf(tag)
		if !closed || !scored {
			continue
		}
		inner := at + len(tag) + 1
		length := strings.Index(text[inner:], closeTag)
		if length < 0 {
			return list
		}
		if again := strings.Index(text[inner:inner+length], openTag); again >= 0 {
			continue // the inner one is whole, this one is not
		}
		at = inner + length + len(closeTag)
		if strings.HasPrefix(text[at:], "\n") {
			at++
		}
		list = append(list, block{span{from, at}, score})
	}
}

// scoreOf reads the attribute score of a tag's inside.
func scoreOf(tag string) (float64, bool) {
	for {
		before, rest, found := strings.Cut(tag, `score=`)
		if !found || rest == "" {
			return 0, false
		}
		if before != "" && before[len(before)-1] != ' ' { // another attribute's end
			tag = rest
			continue
		}
		value, _, ended := strings.Cut(rest[1:], rest[:1])
		if quote := rest[0]; !ended || quote != '"' && quote != '\'' {
			return 0, false
		}
		score, err := strconv.ParseFloat(value, 64)
		return score, err == nil && !math.IsInf(score, 0) && !math.IsNaN(score)
	}
}
