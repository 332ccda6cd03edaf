package golang

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
)

// Limits of a Go file. gofmt writes a tab per open block, and walks an expression for each of its parts. Beyond these
// limits it needs disproportionate memory and time.
const (
	maxSize    = 1 << 20  // bytes
	maxNesting = 100      // brackets within each other
	maxChains  = 50 << 20 // sum of the squares of the tokens in a row without a comma, semicolon or bracket around them
)

// bounds follows the tokens of a file.
type bounds struct {
	rows   []int64 // tokens since the last comma or semicolon, by open bracket
	chains int64
	deep   bool
}

func (b *bounds) token(tok token.Token) {
	if len(b.rows) == 0 {
		b.rows = append(b.rows, 0)
	}
	top := len(b.rows) - 1
	switch tok {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		b.rows = append(b.rows, 0)
		b.deep = b.deep || top >= maxNesting
	case token.RPAREN, token.RBRACK, token.RBRACE:
		b.end(top)
		if top > 0 {
			b.rows = b.rows[:top]
		}
		b.rows[max(top-1, 0)] += 2
	case token.COMMA, token.SEMICOLON, token.EOF:
		b.end(top)
	default:
		b.rows[top]++
	}
}

func (b *bounds) end(row int) {
	b.chains += b.rows[row] * b.rows[row]
	b.rows[row] = 0
}

func (b *bounds) err() error {
	switch {
	case b.deep:
		return fmt.Errorf("more than %d blocks or brackets are within each other", maxNesting)
	case b.chains > maxChains:
		return errors.New("an expression is too long")
	}
	return nil
}

// CheckBounds returns an error for a Go file that takes too much memory or time to be formatted.
func CheckBounds(src []byte) error {
	if len(src) > maxSize {
		return fmt.Errorf("it is larger than %d KiB", maxSize>>10)
	}
	var b bounds
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), src, func(token.Position, string) {}, 0)
	for tok := token.ILLEGAL; tok != token.EOF; {
		_, tok, _ = s.Scan()
		b.token(tok)
	}
	return b.err()
}
