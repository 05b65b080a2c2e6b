package wasm

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"aion.dev/aion/engine/runtime/wasm/jsontext"
)

// fields are the fields of a record by number, with a letter for what each holds: t = text, n = a
// number, d = a number of 8 bytes IEEE 754, p = a payload, T and P = lists.
type fields map[byte]byte

var (
	errorFields    = fields{1: 't', 2: 't', 3: 'p', 4: 'n', 5: 'n'}
	describeFields = fields{1: 'T'}
	infoFields     = fields{1: 't', 2: 't', 3: 't', 4: 't', 5: 'n', 6: 't', 7: 't', 8: 't', 9: 't', 10: 'n', 11: 'n', 12: 'n', 13: 't', 14: 'n'}

	startFields = map[uint64]fields{
		startTimer:     {1: 'n', 8: 't'},
		startSignal:    {1: 't', 2: 'n', 8: 't'},
		startCondition: {2: 'n', 8: 't'},
		startActivity:  {1: 't', 2: 't', 3: 'p', 4: 'n', 5: 'n', 6: 'n', 7: 'n', 8: 't', 20: 'n', 21: 'n', 22: 'd', 23: 'n', 24: 'T'},
		startChild:     {1: 't', 2: 't', 3: 'p', 4: 'n', 5: 'n', 6: 't', 7: 't', 8: 't', 9: 'T', 10: 'P', 20: 'n', 21: 'n', 22: 'd', 23: 'n', 24: 'T'},
		startResult:    {1: 't', 8: 't'},
	}
	tellFields = map[uint64]fields{1: {1: 't', 2: 't', 3: 'p'}, 2: {1: 'T', 2: 'P'}, 3: {1: 't', 2: 't'}}
)

// recordOf makes a record of JSON: an object whose keys are the numbers of the fields.
func recordOf(b []byte, f fields) (record, error) {
	members, ok := jsontext.Object(b)
	if !ok {
		return nil, fmt.Errorf("the record is no JSON object")
	}
	r := make(record, 0, len(b))
	for _, m := range members {
		n, err := strconv.ParseUint(string(m.Key), 10, 8)
		kind := f[byte(n)]
		if err != nil || kind == 0 {
			return nil, fmt.Errorf("the record has a field %.50q that is not known here", m.Key)
		}
		list := [][]byte{m.Value}
		if kind == 'T' || kind == 'P' {
			if list, ok = jsontext.List(m.Value); !ok {
				return nil, fmt.Errorf("the record has no list in field %d", n)
			}
		}
		for _, value := range list {
			if r, err = r.json(byte(n), kind, value); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// json appends a field that is JSON.
func (r record) json(n, kind byte, value []byte) (record, error) {
	switch kind {
	case 't', 'T':
		text, ok := jsontext.Text(value)
		if !ok {
			return nil, fmt.Errorf("the record has no text in field %d", n)
		}
		return r.field(n, text), nil
	case 'n':
		whole, ok := wholeOf(value)
		if !ok {
			return nil, fmt.Errorf("the record has no whole number in field %d", n)
		}
		return r.field(n, binary.LittleEndian.AppendUint64(nil, uint64(whole))), nil
	case 'd':
		d, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return nil, fmt.Errorf("the record has no number in field %d", n)
		}
		return r.field(n, binary.LittleEndian.AppendUint64(nil, math.Float64bits(d))), nil
	}
	return r.field(n, value), nil
}

// wholeOf reads a number as JavaScript writes one.
func wholeOf(b []byte) (int64, bool) {
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		return n, true
	}
	d, err := strconv.ParseFloat(string(b), 64)
	if err != nil || d != math.Trunc(d) || math.Abs(d) >= 1<<63 {
		return 0, false
	}
	return int64(d), true
}

// jsonOf tells a record, which the room wrote, as JSON.
func jsonOf(r record, f fields) []byte {
	b := append(make([]byte, 0, len(r)+32), '{')
	for rest := (&reading{rest: r}); rest.peek() != 0; {
		n := rest.peek()
		value, ok := rest.take(n)
		if !ok {
			break
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(strconv.AppendUint(append(b, '"'), uint64(n), 10), '"', ':')
		switch f[n] {
		case 't':
			b = jsontext.AppendText(b, value)
		case 'n':
			b = strconv.AppendInt(b, int64(binary.LittleEndian.Uint64(value)), 10)
		default:
			b = append(b, value...)
		}
	}
	return append(b, '}')
}
