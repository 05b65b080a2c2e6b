package transport

import "fmt"

// pathOf names the value of well-formed JSON that has the byte at offset, as the caller writes it:
// results[3].token. It is empty for the whole. encoding/json's own name of a place leaves out the
// positions in lists, and has the names of embedded Go types.
func pathOf(b []byte, offset int) string {
	w := walker{b: b, unicode: true}
	f := &flaw{}
	w.place(offset, f)
	return f.path
}

// place adds to f the names of the members and elements of the next value that lead to the byte at
// offset. It reports whether the value has that byte.
func (w *walker) place(offset int, f *flaw) bool {
	w.skipSpace()
	open := w.b[w.at]
	if open != '{' && open != '[' {
		w.skipValue()
		return offset < w.at
	}
	start := w.at
	w.at++
	for i := 0; ; i++ {
		w.skipSpace()
		if w.b[w.at] == ',' {
			w.at++
			w.skipSpace()
		}
		if w.b[w.at] == '}' || w.b[w.at] == ']' {
			w.at++
			return offset < w.at
		}
		name := fmt.Sprintf("[%d]", i)
		if open == '{' {
			name = clip(w.readName())
			w.skipSpace()
			w.at++ // the colon
			w.skipSpace()
		}
		if offset < w.at {
			return start <= offset // at what is before the value: the brace, a comma or the name
		}
		if w.place(offset, f) {
			f.inMember(name)
			return true
		}
	}
}
