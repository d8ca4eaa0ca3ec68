// The elements of a list, each read once and written once.

package prefix

// elements are those of a JSON array.
type elements struct {
	raw     []string
	objects []*object // as far as they were asked for
	touched []bool    // objects that are no longer what raw says
	changed bool      // some are, or their order is
}

// elementsOf reads a valid JSON array; nil for anything else.
func elementsOf(raw string) *elements {
	list := parseArray(raw)
	if list == nil {
		return nil
	}
	return &elements{raw: list, objects: make([]*object, len(list)), touched: make([]bool, len(list))}
}

// object is an element that is one, nil for others.
func (e *elements) object(i int) *object {
	if e.objects[i] == nil {
		e.objects[i] = parseObject(e.raw[i])
	}
	return e.objects[i]
}

// touch says that an object was changed.
func (e *elements) touch(i int) { e.touched[i], e.changed = true, true }

// settle brings raw in line with the objects.
func (e *elements) settle() {
	for i := range e.raw {
		if e.touched[i] {
			e.raw[i], e.touched[i] = e.objects[i].json(), false
		}
	}
}

// reorder replaces the elements by the same ones in another order.
func (e *elements) reorder(raw []string) {
	e.raw, e.changed = raw, true
	clear(e.objects)
	clear(e.touched)
}

func (e *elements) json() string {
	e.settle()
	return joinArray(e.raw)
}
