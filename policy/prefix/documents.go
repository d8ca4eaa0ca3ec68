// Documents before the question that stands in the same turn: several
// questions about the same documents then share all of these.

package prefix

import (
	"slices"
	"strings"
)

// documentTags are names of tagged blocks that hold documents.
var documentTags = labelSet("document", "documents", "doc", "docs", "context", "source", "sources", "passage", "passages", "article", "articles",
	"file", "files", "chunk", "chunks", "search_results", "search_result", "results", "knowledge", "knowledge_base", "reference", "references",
	"excerpt", "excerpts", "retrieved", "retrieved_context", "retrieved_documents", "background")

// documentLabels introduce documents that are not tagged.
var documentLabels = labelSet("document", "documents", "context", "source", "sources", "passage", "passages", "article", "background", "reference", "references",
	"search results", "retrieved documents", "retrieved context", "knowledge base", "excerpt", "excerpts")

// minDocument is the length of a document that is worth a move, in bytes.
const minDocument = 200

// questionLabels introduce a question.
var questionLabels = labelSet("question", "query", "user question", "user query", "customer question", "the question", "my question", "search query")

// documents moves documents, and all that follows them, before the question that
// stands in front of them: before all that does if they end a user's turn, or
// before the one block that asks if what is in front speaks of what is below, or if
// something else follows. A turn that asks behind them is left alone.
func (w *writer) documents(text string, at slot) string {
	if !at.asks || len(text) < minDocument {
		return text
	}
	body, cue := cutCue(text)
	lead, blocks := split(body)
	first := firstDocument(blocks)
	if first <= 0 {
		return text
	}
	others := slices.DeleteFunc(slices.Clone(blocks[first:]), func(b block) bool { return isDocument(&b) })
	if slices.ContainsFunc(others, asks) {
		return text
	}
	question := blocks[:first]
	one := blocks[first-1 : first]
	switch {
	case len(others) == 0 && !namesPositions(question) && !introduces(one[0].text):
	case !asks(one[0]) && len(others) > 0:
		return text // nothing says that it is the question
	default:
		question = one
	}
	m := Move{Kind: Documents, Place: at.place, Reason: "after_question", Text: joinBlocks(question)}
	if !asks(one[0]) && len(question) < first || namesPositions(question) || introduces(one[0].text) {
		m.Held, m.Text = heldPositions, joinBlocks(blocks[:first])
	}
	if !w.note(w.opts.Text, m) {
		return text
	}
	return lead + joinApart(slices.Concat(blocks[:first-len(question)], blocks[first:], question)) + cue
}

// asks reports whether a block is a question.
func asks(b block) bool {
	label, _, labelled := strings.Cut(firstLine(b.text), ":")
	return labelled && questionLabels[squeeze(strings.Trim(label, "#* "))] || strings.HasSuffix(strings.TrimSpace(b.text), "?")
}

// joinApart joins blocks that were reordered, with blank lines between them.
func joinApart(blocks []block) string {
	list := make([]string, len(blocks))
	for i := range blocks {
		list[i] = strings.TrimRight(blocks[i].text, "\n")
	}
	return strings.Join(list, "\n\n")
}

// firstDocument is the first of the documents of a text; -1 if there is none, or if
// they are too short to matter.
func firstDocument(blocks []block) int {
	first, size := -1, 0
	for i := range blocks {
		if !isDocument(&blocks[i]) {
			continue
		}
		if size += len(blocks[i].text); first < 0 {
			first = i
		}
	}
	if size < minDocument {
		return -1
	}
	return first
}

// isDocument reports whether a block is tagged or labelled as a document:
// <document>, "Document 3:", "[Source 1]", "[2] Title", "### Document 1".
func isDocument(b *block) bool {
	line := firstLine(b.text)
	if b.shape == tagged {
		return documentTags[squeeze(openingTag(line))]
	}
	end := strings.IndexAny(line, ":](")
	switch {
	case end >= 0:
		line = line[:end]
	case !isHeading(line):
		return false
	}
	label := strings.TrimRight(strings.TrimLeft(line, "[#* "), "0123456789 #*")
	numbered := label == "" && strings.HasPrefix(line, "[") && len(line) > 1 && end == len(line)
	return numbered || len(label) <= maxLabel && documentLabels[squeeze(label)]
}

func joinBlocks(blocks []block) string {
	var b strings.Builder
	for i := range blocks {
		b.WriteString(blocks[i].text)
		b.WriteString(blocks[i].gap)
	}
	return b.String()
}
