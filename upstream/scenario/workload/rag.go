// Questions about documents that stand in the same turn.

package workload

import (
	"fmt"
	"strings"
	"time"
)

const ragSessions = 9 // of each application; in one, several questions are about the same documents

// reader is one application that answers from documents.
type reader struct {
	system string

	// ask returns the user's turn as it is written, and the documents and the
	// question as a careful hand arranges them.
	ask func(question string, documents []document, at time.Duration) (written string, hand []Part)
}

func rag(a *author) {
	library := make([]document, 30)
	for i := range library {
		library[i] = a.document(i)
	}
	for _, r := range []reader{taggedReader(), sourceReader(), contractReader()} {
		for range ragSessions {
			a.read(r, library)
		}
	}
}

// read is one session: three to eight questions, most about the same documents.
func (a *author) read(r reader, library []document) {
	topic := a.IntN(len(library) - 5)
	at := a.moments(1)[0]
	for range 3 + a.IntN(6) {
		documents := library[topic : topic+6]
		question := pick(a, questionsAbout(documents[a.IntN(6)]))
		written, hand := r.ask(question, documents, at)
		a.add(Call{
			At:      at,
			Written: Prompt{System: texts(r.system), Turns: []Turn{user(texts(written)...)}},
			Hand:    Prompt{System: kept(texts(r.system)), Turns: []Turn{user(hand...)}},
		})
		if at = outsideBreak(at + 15*time.Second + time.Duration(a.IntN(70))*time.Second); at > Length {
			return
		}
	}
}

// document is a text that was retrieved.
type document struct {
	number             int
	title, thing, text string
}

var things = []string{
	"heat pump", "bicycle lease", "parental leave", "travel expenses", "remote work", "server room", "first aid", "office key", "company phone", "visitor badge",
	"fire drill", "sick note", "canteen card", "parking space", "holiday request", "training budget", "laptop repair", "guest network", "print quota", "waste sorting",
	"desk booking", "contract archive", "works council", "data export", "press request", "supplier audit", "forklift permit", "chemical store", "night shift", "hearing test",
}

// document writes one of the handbook.
func (a *author) document(i int) document {
	thing := things[i%len(things)]
	sentences := []string{
		"The rules for the %s hold for all sites and were last changed in %d.",
		"Who needs the %s asks the team lead first, and then fills in form %d.",
		"A request for the %s is decided within %d working days.",
		"Costs for the %s above %d euros need a second signature.",
		"The %s ends with the contract, and everything is given back within %d days.",
		"Questions about the %s go to desk %d on the second floor.",
		"In an emergency the %s can be had at once, and the form follows within %d hours.",
		"The %s is checked once a year by people from outside, most often in week %d.",
		"Temporary staff have the %s after %d months.",
		"Records about the %s are kept for %d years and then destroyed.",
	}
	a.Shuffle(len(sentences), func(i, j int) { sentences[i], sentences[j] = sentences[j], sentences[i] })
	var paragraphs []string
	for p := range 3 {
		var lines []string
		for _, s := range sentences[p*3 : p*3+3] {
			lines = append(lines, fmt.Sprintf(s, thing, 2+a.IntN(60)), "This is so that nobody is treated better than others, and that it can be shown later.")
		}
		paragraphs = append(paragraphs, strings.Join(lines, " "))
	}
	return document{number: i + 1, title: strings.ToUpper(thing[:1]) + thing[1:], thing: thing, text: strings.Join(paragraphs, "\n\n")}
}

func questionsAbout(d document) []string {
	return []string{
		"How long does it take until a " + d.thing + " is decided?", "Whom do I ask about the " + d.thing + "?", "From what amount on does the " + d.thing + " need two signatures?",
		"Do temps get the " + d.thing + " as well?", "how long are papers about the " + d.thing + " kept?", "What happens with the " + d.thing + " when I leave?",
	}
}

// taggedReader puts the question first and the documents into tags.
func taggedReader() reader {
	system := "You answer employees' questions from the handbook. Use nothing but the documents that you are given. Name the document that an answer is from. If none has the answer, say so in one sentence."
	return reader{system, func(question string, documents []document, _ time.Duration) (string, []Part) {
		var list []string
		for _, d := range documents {
			list = append(list, fmt.Sprintf("<document id=\"%d\" title=%q>\n%s\n</document>", d.number, d.title, d.text))
		}
		all := strings.Join(list, "\n")
		return question + "\n\n" + all, []Part{{Text: all, Keep: true}, {Text: question}}
	}}
}

// sourceReader puts the question between instructions and sources, and the time
// above all.
func sourceReader() reader {
	system := "You are a careful research assistant."
	instructions := "Answer the question with the help of the sources. Cite them as [1], [2] and so on. Do not use what you know otherwise. Two or three sentences are enough."
	return reader{system, func(question string, documents []document, at time.Duration) (string, []Part) {
		var list []string
		for i, d := range documents {
			list = append(list, fmt.Sprintf("[Source %d] %s\n%s", i+1, d.title, strings.ReplaceAll(d.text, "\n\n", "\n")))
		}
		all, asked := strings.Join(list, "\n\n"), "Asked at: "+clock(at).Format("2006-01-02 15:04:05")
		question = "Question: " + question
		return strings.Join([]string{asked, instructions, question, all}, "\n\n"),
			[]Part{{Text: instructions + "\n\n" + all, Keep: true}, {Text: asked + "\n\n" + question}}
	}}
}

// contractReader asks about one long text.
func contractReader() reader {
	system := "You read contracts and rules for people who have no time. Be exact; name the paragraph."
	return reader{system, func(question string, documents []document, _ time.Duration) (string, []Part) {
		var b strings.Builder
		for i, d := range documents {
			for j, paragraph := range strings.Split(d.text, "\n\n") {
				fmt.Fprintf(&b, "%d.%d %s. %s\n", i+1, j+1, d.title, paragraph)
			}
		}
		text := "Context:\n" + strings.TrimRight(b.String(), "\n")
		question = "Question: " + question + " Answer in one sentence."
		return question + "\n\n" + text, []Part{{Text: text, Keep: true}, {Text: question}}
	}}
}
