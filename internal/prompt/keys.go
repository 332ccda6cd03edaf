package prompt

import (
	"bytes"
	"os"
	"slices"
)

// keyFile is a terminal that gives what is typed one key at a time. survey, which reads ahead, would else take an
// Escape and the key after it for one, and the rest of a key that it does not know for text.
type keyFile struct {
	*os.File
	pending []byte
}

const escape = '\x1b'

// known are the escape sequences that survey understands, without the Escape.
var known = [][]byte{
	[]byte("[A"), []byte("[B"), []byte("[C"), []byte("[D"), []byte("[F"), []byte("[H"), []byte("[3~"),
	[]byte("OA"), []byte("OB"), []byte("OC"), []byte("OD"), []byte("OF"), []byte("OH"),
}

func (f *keyFile) Read(b []byte) (int, error) {
	for {
		if len(f.pending) == 0 {
			chunk := make([]byte, 1024)
			n, err := f.File.Read(chunk)
			if n == 0 {
				return 0, err
			}
			f.pending = chunk[:n]
		}
		length := keyLength(f.pending)
		if key := f.pending[:length]; length > 1 && key[0] == escape && !isKnown(key[1:]) {
			f.pending = f.pending[length:]
			continue
		}
		n := copy(b, f.pending[:length])
		f.pending = f.pending[n:]
		return n, nil
	}
}

// keyLength is how many of the bytes are an Escape, or a key that begins with one, or all up to the next of these.
func keyLength(b []byte) int {
	if b[0] != escape {
		if n := bytes.IndexByte(b, escape); n >= 0 {
			return n
		}
		return len(b)
	}
	if len(b) < 3 || b[1] != '[' && b[1] != 'O' {
		return 1
	}
	for n := 2; n < len(b); n++ { // parameters, then a letter or a tilde
		if b[n] >= '@' && b[n] <= '~' {
			return n + 1
		}
	}
	return len(b)
}

func isKnown(key []byte) bool {
	return slices.ContainsFunc(known, func(k []byte) bool { return bytes.Equal(k, key) })
}
