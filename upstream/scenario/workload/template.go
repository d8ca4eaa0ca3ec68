// Templates: one turn, with the variables in its middle.

package workload

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed texts/style.txt
var styleGuide string

//go:embed texts/extraction.txt
var extractionRules string

const templateCalls = 32 // of each template

// form is one template.
type form struct {
	system string
	stable []string // above and below the variables
	above  int      // how many of them stand above

	// fill returns the variables of a call, as they stand in the middle.
	fill func(a *author, at time.Duration) string
}

func templates(a *author) {
	for _, f := range []form{copyForm(a), extractionForm(a), ticketForm(a), translationForm(a)} {
		for _, at := range a.moments(templateCalls) {
			variables := f.fill(a, at)
			parts := append(append(append([]string(nil), f.stable[:f.above]...), variables), f.stable[f.above:]...)
			var system, byHand []Part
			if f.system != "" {
				system, byHand = texts(f.system), texts(f.system)
			}
			a.add(Call{
				At:      at,
				Written: Prompt{System: system, Turns: []Turn{user(texts(strings.Join(parts, "\n\n"))...)}},
				Hand:    Prompt{System: byHand, Turns: []Turn{user(Part{Text: strings.Join(f.stable, "\n\n"), Keep: true}, Part{Text: variables})}},
			})
		}
	}
}

var products = strings.Fields("lamp kettle rucksack desk headphones toaster blanket watch tent scooter mixer chair speaker knife thermos")
var qualities = []string{
	"weighs 400 g", "charges in one hour", "folds flat", "is made of recycled steel", "has a five-year guarantee", "runs for 20 hours", "fits a 15-inch laptop",
	"is safe for the dishwasher", "comes in six colours", "needs no tools", "stands 2 m of water", "costs 49 EUR",
}

// copyForm has its variables as labelled lines.
func copyForm(a *author) form {
	var samples []string
	for range 9 {
		samples = append(samples, fmt.Sprintf("A %s that %s\nMade for days when there is no time for two tries. It %s, and it %s.\n- Take it out of the box\n- Put it where you need it\n- Forget it until tomorrow\nSee it in our shop, or ask us.",
			pick(a, products), pick(a, qualities), pick(a, qualities), pick(a, qualities)))
	}
	return form{
		stable: []string{"Write a product text for our online shop. Keep to the style guide in every detail.", styleGuide, "Texts that we like:\n\n" + strings.Join(samples, "\n\n"), "Answer with the text alone."},
		above:  1,
		fill: func(a *author, _ time.Duration) string {
			return fmt.Sprintf("Product: %s %s\nAudience: %s\nKey points: it %s, it %s, it %s\nArticle number: %d",
				pick(a, lastNames), pick(a, products), pick(a, []string{"parents", "students", "professionals", "older readers"}),
				pick(a, qualities), pick(a, qualities), pick(a, qualities), a.number(6))
		},
	}
}

// extractionForm has a mail in the middle.
func extractionForm(a *author) form {
	var codes []string
	for i := range 30 {
		codes = append(codes, fmt.Sprintf("%s-%d is a %s that %s.", strings.ToUpper(pick(a, lastNames)[:2]), 100+i, pick(a, products), pick(a, qualities)))
	}
	return form{
		system: "You turn mails into records.",
		stable: []string{"Extract the fields from the mail that follows.", extractionRules, "Article codes that writers use:\n" + strings.Join(codes, "\n")},
		above:  1,
		fill: func(a *author, at time.Duration) string {
			return fmt.Sprintf("Mail received %s:\n\"\"\"\nFrom: %s\n\nHello, my order %d-%d came %s and the %s %s. %s\n\nBest regards\n%s\n\"\"\"",
				clock(at).Format(time.RFC1123), a.name(), a.number(4), a.IntN(10), pick(a, []string{"today", "on Monday", "two weeks late"}), pick(a, products),
				pick(a, []string{"is broken", "is the wrong colour", "does not start", "is not what the page shows"}),
				pick(a, []string{"Please send me a new one.", "I want my money back by Friday.", "What do you suggest?", "My lawyer will write to you."}), a.name())
		},
	}
}

// ticketForm has a tagged block in the middle, and its categories behind it.
func ticketForm(a *author) form {
	var list []string
	for i := range 70 {
		list = append(list, fmt.Sprintf("%s-%02d: %s of a %s, %s", strings.ToUpper(things[i%len(things)][:3]), i+1, pick(a, []string{"loss", "defect", "order", "return", "question"}),
			things[i%len(things)], pick(a, []string{"with a photo", "without a photo", "urgent", "by mail only", "for the second time", "from abroad"})))
	}
	return form{
		system: "You sort tickets.",
		stable: []string{
			"Choose the category of the ticket. Read it twice; what is asked for counts, not what is complained about.",
			"Categories:\n" + strings.Join(list, "\n"),
			"If two categories fit, take the more urgent one. If none fits, answer NONE.\n\nAnswer with the category's code, a space, and a number from 0 to 100 that says how certain you are.",
		},
		above: 1,
		fill: func(a *author, at time.Duration) string {
			return fmt.Sprintf("<ticket id=\"%d\" opened=\"%s\">\n%s writes: the %s %s. %s\n</ticket>", a.number(6), clock(at).Format("2006-01-02T15:04"), a.name(),
				pick(a, things), pick(a, []string{"was lost on the way", "does not work since the update", "has to be ordered again", "is not mine"}),
				pick(a, []string{"It is urgent.", "No hurry.", "I wrote about it before.", "Photos are attached."}))
		},
	}
}

// translationForm has variables in two places, and a glossary between them.
func translationForm(a *author) form {
	var glossary []string
	for i := range 60 {
		glossary = append(glossary, fmt.Sprintf("%s = %s (%s)", things[i%len(things)], strings.ToLower(pick(a, lastNames))+"-"+pick(a, products), pick(a, []string{"noun", "always capital", "never in titles", "plural only"})))
	}
	rules := "Keep numbers, units and names as they are. Use the glossary wherever one of its words occurs, also in compounds. Do not explain, do not add notes, do not translate what stands in quotation marks. " +
		"Sentences may be split where the other language needs it, and are never joined. Line breaks stay. If the text is in the target language already, return it as it is."
	return form{
		stable: []string{"You are the translator of a handbook.", rules, "Glossary:\n" + strings.Join(glossary, "\n"), "Return the translation and nothing else."},
		above:  2,
		fill: func(a *author, _ time.Duration) string {
			return fmt.Sprintf("Target language: %s\nReader: %s\n\nText:\nThe %s is to be checked every %d weeks. %s Ask %s if in doubt.",
				pick(a, []string{"German", "Polish", "Danish", "Turkish", "Spanish"}), pick(a, []string{"technicians", "office staff", "visitors"}), pick(a, things), 2+a.IntN(50),
				pick(a, []string{"Wear gloves.", "Switch it off first.", "Note it in the book.", "Two people are needed."}), a.name())
		},
	}
}
