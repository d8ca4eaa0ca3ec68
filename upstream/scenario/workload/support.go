// Help desks: the time and the customer in the system prompt.

package workload

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed texts/parcel.txt
var parcelRules string

//go:embed texts/bank.txt
var bankRules string

//go:embed texts/telecom.txt
var telecomRules string

// desk is one help desk.
type desk struct {
	stable    []string // parts of the system prompt that all chats share
	questions []string
	replies   []string

	// put returns the system prompt of a chat as it is written, and what a careful
	// hand says of it behind the question.
	put func(a *author, at time.Duration, customer customer) (system, session string)
}

// customer is who asks.
type customer struct {
	name string
	id   int
	city string
	form string // of dates
	uuid string
}

const supportChats = 34 // of each desk

func support(a *author) {
	for _, d := range []desk{parcelDesk(a), bankDesk(a), telecomDesk(a)} {
		form := pick(a, dateForms)
		for _, at := range a.moments(supportChats) {
			c := customer{name: a.name(), id: a.number(7), city: pick(a, cities), form: form, uuid: a.uuid()}
			a.chat(d, c, at)
		}
	}
}

// chat is one conversation, of which some go on for a second and a third turn.
func (a *author) chat(d desk, c customer, at time.Duration) {
	turns := 1
	if a.IntN(3) == 0 {
		turns = 2 + a.IntN(2)
	}
	var written, hand []Turn
	for range turns {
		question := pick(a, d.questions)
		system, session := d.put(a, at, c)
		written = append(written, user(texts(question)...))
		a.add(Call{
			At:      at,
			Written: Prompt{System: texts(system), Turns: append([]Turn(nil), written...)},
			Hand: Prompt{
				System: kept(texts(strings.Join(d.stable, "\n\n"))),
				Turns:  append(append([]Turn(nil), hand...), user(texts(question, session)...)),
			},
		})
		reply := pick(a, d.replies)
		hand = append(hand, user(texts(question)...), keptAssistant(reply))
		written = append(written, assistant(reply))
		at = outsideBreak(at + 20*time.Second + time.Duration(a.IntN(60))*time.Second)
		if at > Length {
			return
		}
	}
}

func parcelDesk(a *author) desk {
	intro := "You are Pia, the chat assistant of Nordpost."
	table := "## Prices\n" + prices(a, "Parcel", 16)
	shops := "## Shops\n" + branches(a, 14)
	stable := []string{intro, parcelRules, table, shops}
	return desk{
		stable: stable,
		questions: []string{
			"where is my parcel? it says in transit since monday", "How much is 12 kg to Portugal?", "Can my neighbour pick it up for me?",
			"The box came open and a cup is missing.", "Is the shop in Cork open on Saturday?", "I want to send my guitar amp, it has a battery.",
			"it was delivered but i have nothing!!", "Can I still move tomorrow's delivery to the evening?",
		},
		replies: []string{
			"Your parcel was scanned at the depot this morning. There is no delivery day yet; I would look again tomorrow at noon.",
			"That is a case for the claims team. Please send me a photo of the box and the last four characters of the number.",
			"Yes, with the pickup code and their own identity card. A photo of the code is enough.",
		},
		put: func(_ *author, at time.Duration, c customer) (string, string) {
			session := "Current time: " + clock(at).Format(c.form) + "\nUser name: " + c.name + "\nCustomer number: " + fmt.Sprint(c.id)
			return strings.Join([]string{intro + "\n" + session, parcelRules, table, shops}, "\n\n"), session
		},
	}
}

func bankDesk(a *author) desk {
	intro := "You are Nora, the assistant of Lumen Bank."
	fees := "Fees. " + strings.Join(feeList(a, 22), " ")
	offices := "Branches with advisers:\n" + branches(a, 16)
	return desk{
		stable: []string{intro, bankRules, fees, offices},
		questions: []string{
			"I lost my card in the train. What now?", "What does it cost to withdraw money in Japan?", "There is a payment from KRX Trading that I do not know.",
			"How do I raise my limit for today?", "My mother died. What do you need from me?", "Somebody from your bank called and wants a TAN from me.",
			"Can I get my transfer back? The number was wrong.",
		},
		replies: []string{
			"Please block the card in the app under Cards, Block. It takes effect at once and costs nothing.",
			"I am sorry for your loss. The estate desk needs the death certificate once, and then comes back to you.",
			"Please compare it with the merchant's legal name first. If you still do not know it, you can dispute it in the app.",
		},
		put: func(_ *author, at time.Duration, c customer) (string, string) {
			session := "Today is " + clock(at).Format("Monday, 2 January 2006") + " and it is " + clock(at).Format("15:04") + ". You are talking to " +
				c.name + ", customer " + fmt.Sprint(c.id) + "."
			return strings.Join([]string{intro + " " + session, bankRules, fees, offices}, "\n\n"), session
		},
	}
}

// feeList are sentences about what things cost.
func feeList(a *author, n int) []string {
	things := strings.Fields("statement replacement-card foreign-transfer cheque safe-deposit duplicate telex urgent-order overdraft custody")
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("A %s of class %d costs %d.%02d euros, and %d.%02d in a branch.", pick(a, things), i+1, 1+a.IntN(20), a.IntN(100), 5+a.IntN(30), a.IntN(100))
	}
	return list
}

func telecomDesk(a *author) desk {
	devices := "<devices>\n" + prices(a, "Router", 12) + "\n</devices>"
	shops := "<shops>\n" + branches(a, 12) + "\n</shops>"
	return desk{
		stable: []string{telecomRules, devices, shops},
		questions: []string{
			"internet lamp is red, code F014", "All lamps are on but it is so slow in the bedroom.", "I am moving in March. What happens to my contract?",
			"The technician did not come!", "TV stutters on my own router.", "How do I get out of the contract?",
		},
		replies: []string{
			"Please pull the cable between the socket and the box and put it back until it clicks. The line lamp should stop blinking. Does it?",
			"#F014 means that the password is wrong. It is printed on the letter that came with the box. Do you have it?",
		},
		put: func(a *author, at time.Duration, c customer) (string, string) {
			session := "<session>\nid: " + c.uuid + "\ntime: " + clock(at).Format(c.form) + "\ncustomer: " + c.name + ", " + c.city +
				"\nline: " + pick(a, []string{"ok", "noise", "down"}) + "\n</session>"
			return strings.Join([]string{session, telecomRules, devices, shops}, "\n\n"), session
		},
	}
}
