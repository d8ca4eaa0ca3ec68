// Dates and times: days, months, weekdays and hours, however they are written.

package guard

import "strings"

// A moment is a point or a stretch of time that a text names.
type moment struct {
	kind   momentKind
	at, or int // its number, and how it may be read as well: 5:00 is 17:00 too
	plain  int // the hour or day as a plain number; 0: none
	weight weight
}

type momentKind uint8

const (
	monthOfYear momentKind = iota // 1 to 12
	dayOfYear                     // 32 * month + day
	weekday                       // 0 to 6
	clock                         // minutes of the day
	relativeDay                   // days from today
	period                        // this, last or next week, month, year
)

type moments []moment

// datesDiffer refuses where each text names a moment that the other does not,
// or one does, and they share most of what they are about.
func datesDiffer(a, b *Text) bool {
	return differ(a, b, a.moments.lack(b), b.moments.lack(a))
}

func (list moments) lack(other *Text) lack {
	var l lack
	for _, m := range list {
		if m.weight == faint || other.reaches(m) {
			continue
		}
		l.any = true
		l.firm = l.firm || m.weight == hard
	}
	return l
}

// reaches reports whether a text names a moment, or at least its hour or day.
func (t *Text) reaches(m moment) bool {
	for _, n := range t.moments {
		if m.kind == n.kind && (m.at == n.at || m.or == n.at || m.at == n.or) {
			return true
		}
	}
	for _, v := range t.values {
		if m.plain > 0 && v.n == float64(m.plain) && v.unit == noUnit {
			return true
		}
	}
	return false
}

// atMoment reports whether a text names a moment with this hour or day.
func (t *Text) atMoment(n float64) bool {
	for _, m := range t.moments {
		if m.plain > 0 && n == float64(m.plain) || m.kind == clock && n == float64(m.at/60) {
			return true
		}
	}
	return false
}

// readMoment reads the moment at a place and returns how many words it took; 0
// where there is none.
func (t *Text) readMoment(at int) int {
	word := t.tokens[at].word
	if isDigit(word[0]) {
		return t.readFigures(at, word)
	}
	if month := t.month(at); month > 0 {
		if day := t.day(at + 1); day > 0 && t.isNext(at+1) {
			t.addDay(month, day)
			return 2
		}
		m := moment{kind: monthOfYear, at: month, or: month}
		if t.standsAsMonth(at) {
			m.weight = hard
		}
		t.moments = append(t.moments, m)
		return 1
	}
	if m, ok := named[word]; ok {
		t.moments = append(t.moments, m)
		return 1
	}
	return t.readPeriod(at, word)
}

// readFigures reads a moment that begins with digits.
func (t *Text) readFigures(at int, word string) int {
	if took := t.readClock(at, word); took > 0 {
		return took
	}
	if t.readNumericDate(word) {
		return 1
	}
	day, next := t.day(at), at+1
	if t.word(next) == "of" {
		next++
	}
	if month := t.month(next); day > 0 && month > 0 && t.isNext(next) && (next > at+1 || !isMonthAndWord[t.word(next)] || t.isCapital(next)) {
		t.addDay(month, day)
		return next + 1 - at
	}
	return 0
}

func (t *Text) addDay(month, day int) {
	t.moments = append(t.moments, moment{kind: dayOfYear, at: 32*month + day, or: 32*month + day, plain: day, weight: hard})
}

// day is the day of the month at a place: "3", "3rd"; 0 for none.
func (t *Text) day(at int) int {
	number, suffix := cutNumber(t.word(at))
	if !isOrdinal[suffix] {
		return 0
	}
	if day := small(number); day <= 31 {
		return day
	}
	return 0
}

var isOrdinal = map[string]bool{"": true, "st": true, "nd": true, "rd": true, "th": true}

// small reads one or two digits; 0 for anything else.
func small(digits string) int {
	n := 0
	for i := range len(digits) {
		if !isDigit(digits[i]) || i == 2 {
			return 0
		}
		n = 10*n + int(digits[i]-'0')
	}
	return n
}

// readNumericDate reads 2024-03-31, 31/03/2024, 3/31/24, 31.03.2024. Where day
// and month may be meant either way, both are taken.
func (t *Text) readNumericDate(word string) bool {
	parts := strings.FieldsFunc(word, func(r rune) bool { return r == '/' || r == '-' || r == '.' })
	if len(parts) != 3 || len(parts)*2 > len(word) {
		return false
	}
	first, second, year := parts[0], parts[1], parts[2]
	if len(first) == 4 {
		first, second, year = parts[2], parts[1], parts[0]
	}
	day, month := small(first), small(second)
	if day == 0 || month == 0 || max(day, month) > 31 || min(day, month) > 12 || len(year) != 4 && (len(year) != 2 || !strings.Contains(word, "/")) {
		return false
	}
	if strings.Trim(year, "0123456789") != "" {
		return false
	}
	m := moment{kind: dayOfYear, at: 32*month + day, or: 32*day + month, plain: day, weight: hard}
	switch {
	case month > 12:
		m.at, m.plain = m.or, month
	case day > 12 || len(parts[0]) == 4:
		m.or = m.at
	}
	if len(year) == 2 {
		year = "20" + year
	}
	t.moments, t.values = append(t.moments, m), append(t.values, bare(year))
	return true
}

// month is the month of the word at a place; 0 for none.
func (t *Text) month(at int) int { return months[t.word(at)] }

// standsAsMonth reports whether the word at a place is a month without a day,
// not a verb ("may", "march") or an abbreviation of something else.
func (t *Text) standsAsMonth(at int) bool {
	word := t.word(at)
	if year := t.word(at + 1); len(year) == 4 && isDigit(year[0]) {
		return true
	}
	return len(word) > 4 && !isMonthAndWord[word] || word == "june" || word == "july" ||
		isMonthAndWord[word] && (t.is(at-1, beforeMonth) || t.isCapital(at) && at > 0 && !t.endsSentence(at))
}

var isMonthAndWord = map[string]bool{"may": true, "march": true, "august": true}

// readPeriod reads "this week", "last month".
func (t *Text) readPeriod(at int, word string) int {
	turn, isTurn := turns[word]
	span, isSpan := spans[strings.TrimSuffix(t.word(at+1), "'s")]
	if !isTurn || !isSpan || !t.isNext(at+1) {
		return 0
	}
	n := 16*turn + span
	t.moments = append(t.moments, moment{kind: period, at: n, or: n, weight: soft})
	return 2
}

var turns = map[string]int{"this": 0, "current": 0, "last": 1, "past": 1, "previous": 1, "next": 2, "coming": 2, "upcoming": 2}

var spans = map[string]int{"week": 1, "month": 2, "year": 3, "weekend": 4, "quarter": 5, "semester": 6, "season": 7, "decade": 8, "century": 9}

// isCapital reports whether a word begins with a capital letter.
func (t *Text) isCapital(at int) bool {
	c := t.source[t.tokens[at].start]
	return 'A' <= c && c <= 'Z'
}

var months = numbered(1, "january february march april may june july august september october november december",
	"jan feb mar apr may jun jul aug sept oct nov dec", "jan feb mar apr may jun jul aug sep oct nov dec")

// numbered gives the words of each list the numbers from first on.
func numbered(first int, lists ...string) map[string]int {
	all := make(map[string]int)
	for _, list := range lists {
		for i, word := range strings.Fields(list) {
			all[word] = first + i
		}
	}
	return all
}

var named = namedMoments()

// namedMoments are those with a word of their own.
func namedMoments() map[string]moment {
	all := map[string]moment{
		"noon": {kind: clock, at: 720, or: 720, plain: 12, weight: hard}, "midday": {kind: clock, at: 720, or: 720, plain: 12, weight: hard},
		"midnight": {kind: clock, at: 0, or: 0, plain: 12, weight: hard},
		"today":    {kind: relativeDay, weight: soft}, "tonight": {kind: relativeDay, weight: soft},
		"tomorrow": {kind: relativeDay, at: 1, or: 1, weight: soft}, "yesterday": {kind: relativeDay, at: -1, or: -1, weight: soft},
	}
	for word, n := range numbered(0, "sunday monday tuesday wednesday thursday friday saturday", "sundays mondays tuesdays wednesdays thursdays fridays saturdays",
		"sunday's monday's tuesday's wednesday's thursday's friday's saturday's") {
		all[word] = moment{kind: weekday, at: n, or: n, weight: hard}
	}
	return all
}
