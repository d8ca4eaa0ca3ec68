// Documents before the question that stands in the same turn: several
// questions about the same documents then share all of these.

package prefix

import "strings"

// documentTags are names of tagged blocks that hold documents.
var documentTags = labelSet("document", "documents", "doc", "docs", "context", "source", "sources", "passage", "passages", "article", "articles",
	"file", "files", "chunk", "chunks", "search_results", "search_result", "results", "knowledge", "knowledge_base", "reference", "references",
	"excerpt", "excerpts", "retrieved", "retrieved_context", "retrieved_documents", "background")

// documentLabels introduce documents that are not tagged.
var documentLabels = labelSet("document", "documents", "context", "source", "sources", "passage", "passages", "article", "background", "reference", "references",
	"search results", "retrieved documents", "retrieved context", "knowledge base", "excerpt", "excerpts")

// minDocument is the length of a document that is worth a move, in bytes.
const minDocument = 200

// documents moves the documents that end a user's turn before what stands in
// front of them. A turn that goes on after them has its question there.
func (w *writer) documents(text string, at slot) string {
	if !at.asks || len(text) < minDocument {
		return text
	}
	lead, blocks := split(text)
	first := firstDocument(blocks)
	if first <= 0 {
		return text
	}
	m := Move{Kind: Documents, Place: at.place, Reason: "after_question"}
	question, documents := blocks[:first], blocks[first:]
	if namesPositions(question) || introduces(question[len(question)-1].text) {
		m.Held = heldPositions
	}
	m.Text = joinBlocks(question)
	if !w.note(w.opts.Text, m) {
		return text
	}
	return lead + strings.TrimRight(joinBlocks(documents), "\n") + "\n\n" + strings.TrimRight(joinBlocks(question), "\n")
}

// firstDocument is the first of the documents that blocks end with; -1 if they
// end otherwise, if other things stand between the documents, or if these are
// too short to matter.
func firstDocument(blocks []block) int {
	first, size := len(blocks), 0
	for first > 0 && isDocument(&blocks[first-1]) {
		first--
		size += len(blocks[first].text)
	}
	for i := range first {
		if isDocument(&blocks[i]) {
			return -1
		}
	}
	if size < minDocument {
		return -1
	}
	return first
}

// isDocument reports whether a block is tagged or labelled as a document:
// <document>, "Document 3:", "[Source 1]".
func isDocument(b *block) bool {
	line := firstLine(b.text)
	if b.shape == tagged {
		return documentTags[squeeze(openingTag(line))]
	}
	label, _, found := strings.Cut(strings.TrimLeft(line, "[#* "), ":")
	if !found {
		label, _, found = strings.Cut(label, "]")
	}
	label = strings.TrimRight(label, "0123456789 *]")
	return found && len(label) <= maxLabel && documentLabels[squeeze(label)]
}

func joinBlocks(blocks []block) string {
	var b strings.Builder
	for i := range blocks {
		b.WriteString(blocks[i].text)
		b.WriteString(blocks[i].gap)
	}
	return b.String()
}
