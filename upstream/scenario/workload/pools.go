// What varies: names, ids, forms of dates.

package workload

import (
	"fmt"
	"strings"
	"time"
)

var firstNames = strings.Fields("Ana Bob Chidi Dana Emre Fatima Goran Hanna Ines Jonas Keiko Luca Mina Noor Olga Pedro Quinn Rosa Sven Tara Umar Vera Wanda Xin Yusuf Zoe")
var lastNames = strings.Fields("Abbott Bauer Costa Dubois Eriksen Fischer Garcia Haddad Ivanov Jensen Kowalski Lindgren Miller Novak Okafor Petrov Quist Rossi Souza Tanaka Urban Vos Weber Yilmaz Zhou")

func (a *author) name() string { return pick(a, firstNames) + " " + pick(a, lastNames) }

// id is a random number in hexadecimal, in groups of these lengths.
func (a *author) id(groups ...int) string {
	parts := make([]string, len(groups))
	for i, n := range groups {
		for range n {
			parts[i] += string("0123456789abcdef"[a.IntN(16)])
		}
	}
	return strings.Join(parts, "-")
}

func (a *author) uuid() string          { return a.id(8, 4, 4, 4, 12) }
func (a *author) number(digits int) int { return a.IntN(pow10(digits)) + pow10(digits) }

func pow10(n int) int {
	p := 1
	for range n - 1 {
		p *= 10
	}
	return p
}

// dateForms are how applications write the time.
var dateForms = []string{
	time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "Monday, January 2, 2006, 3:04 PM", "Mon, 02 Jan 2006 15:04:05 GMT",
	"02.01.2006 15:04", "Jan 2, 2006 at 15:04", "2 January 2006, 15:04:05",
}

func clock(at time.Duration) time.Time { return morning.Add(at) }

var cities = strings.Fields("Aarhus Bilbao Cork Dresden Evora Fano Ghent Hull Izmir Jena Kiel Leeds Malmo Nantes Odense Porto Riga Split Turku Utrecht Varna Wels York Zadar")
var streets = strings.Fields("Mill Market Station Harbour Church Garden Bridge School Castle River North Abbey")

// branches is a table of places that is the same in all prompts.
func branches(a *author, n int) string {
	var b strings.Builder
	for range n {
		opens, closes := 7+a.IntN(3), 17+a.IntN(4)
		fmt.Fprintf(&b, "- %s, %s Street %d: Monday to Friday %02d:00 to %d:00, Saturday %02d:00 to 13:00\n",
			pick(a, cities), pick(a, streets), 1+a.IntN(90), opens, closes, opens+1)
	}
	return strings.TrimRight(b.String(), "\n")
}

// prices is a table of products that is the same in all prompts.
func prices(a *author, kind string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- %s %c%d (up to %d kg): %d.%02d EUR within the country, %d.%02d EUR in Europe\n",
			kind, 'A'+rune(i%6), i+1, 1+a.IntN(30), 3+a.IntN(20), a.IntN(100), 9+a.IntN(60), a.IntN(100))
	}
	return strings.TrimRight(b.String(), "\n")
}
