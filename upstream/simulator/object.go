// Members of a JSON object, found in one pass over it.

package simulator

import "github.com/tidwall/gjson"

// object is an object's members in their order. Requests have few, so they are
// looked up one by one; what matters is that a long text among them is scanned
// once and not once for each lookup.
type object []member

type member struct {
	name  string
	value gjson.Result
}

// parse appends the members of v, which is an object, to o.
func (o object) parse(v gjson.Result) object {
	v.ForEach(func(name, value gjson.Result) bool {
		o = append(o, member{name.Str, value})
		return true
	})
	return o
}

// get returns the first member of that name; one that does not Exist if there
// is none.
func (o object) get(name string) gjson.Result {
	for i := range o {
		if o[i].name == name {
			return o[i].value
		}
	}
	return gjson.Result{}
}
