package templates

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// cardNumbers returns the pattern that the generated collector redacts card numbers by.
func cardNumbers(t *testing.T) *regexp.Regexp {
	t.Helper()
	source, err := fs.ReadFile(FS, "partials/telemetry/collector.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := bytes.Cut(source, []byte("# Card numbers"))
	lines := bufio.NewScanner(bytes.NewReader(after))
	for found && lines.Scan() {
		if quoted, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "- '"); ok {
			return regexp.MustCompile(strings.TrimSuffix(quoted, "'"))
		}
	}
	t.Fatal("the collector redacts no card numbers")
	return nil
}

func TestCollectorRedactsCardNumbers(t *testing.T) {
	pattern := cardNumbers(t)
	for _, number := range []string{
		"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "2223003122003222", "6011000990139424",
		"378282246310005", "3782 822463 10005", "3782-822463-10005", "30569309025904", "3056 930902 5904", "3530111333300000", "4222222222222",
	} {
		for _, text := range []string{"%s", "paid with %s.", `{"card":"%s"}`, "card=%s&amount=1", "card-%s", "card:%s, ok"} {
			if value := fmt.Sprintf(text, number); !pattern.MatchString(value) {
				t.Errorf("%s is not redacted", value)
			}
		}
	}
}

func TestCollectorKeepsIdentifiers(t *testing.T) {
	pattern, source := cardNumbers(t), rand.NewChaCha8([32]byte{1})
	random := rand.New(source) //nolint:gosec // test data
	var trace [16]byte
	for range 100_000 {
		unordered, err := uuid.NewRandomFromReader(source)
		if err != nil {
			t.Fatal(err)
		}
		ordered, err := uuid.NewV7FromReader(source)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = source.Read(trace[:])
		for _, id := range []string{
			unordered.String(), ordered.String(), "/orders/" + ordered.String(), "order " + unordered.String() + " is confirmed",
			hex.EncodeToString(trace[:]), allDigits(random),
		} {
			if found := pattern.FindString(id); found != "" {
				t.Fatalf("%s of %s is redacted", found, id)
			}
		}
	}
}

// allDigits returns a UUID whose hexadecimal digits are all decimal: the likeliest to be taken for a card number.
func allDigits(random *rand.Rand) string {
	return fmt.Sprintf("%08d-%04d-4%03d-8%03d-%012d", random.IntN(1e8), random.IntN(1e4), random.IntN(1e3), random.IntN(1e3), random.Int64N(1e12))
}
