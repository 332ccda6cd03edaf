package generator

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"
)

// known are the functions that templates have from sprig. Check a new one before adding it: it must return the same
// result on every machine, at any time.
var known = strings.Fields(`
abbrev abbrevboth add add1 add1f addf adler32sum all any append atoi
b32dec b32enc b64dec b64enc base biggest
camelcase cat ceil chunk clean coalesce compact concat contains
deepCopy deepEqual default dict dig dir div divf
empty ext fail first float64 floor fromJson get has hasKey hasPrefix hasSuffix hello html
indent initial initials int int64 isAbs join js kebabcase kindIs kindOf
last list lower max maxf merge mergeOverwrite min minf mod mul mulf
mustAppend mustChunk mustCompact mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustPush
mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice
mustToJson mustToPrettyJson mustToRawJson mustUniq mustWithout
nindent nospace omit pick pluck plural prepend print printf println prometheusLabel prometheusMetric push quote 
regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace rest reverse round
semver semverCompare seq set sha1sum sha256sum sha512sum slice snakecase sortAlpha split splitList splitn squote sub subf substr swapcase
ternary title toDecimal toJson toPrettyJson toRawJson toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf
uniq unset until untilStep untitle upper urlJoin urlParse urlquery without wrap wrapWith yamlScalar
`)

func TestFunctionsAreHermetic(t *testing.T) {
	all := map[string]bool{}
	for name := range functions() {
		all[name] = true
	}
	for _, name := range sortedKeys(all) {
		if !slices.Contains(known, name) {
			t.Errorf("%s is new: is it hermetic?", name)
		}
	}
	for _, name := range known {
		if !all[name] {
			t.Errorf("%s is gone", name)
		}
	}
	// Functions of sprig for the environment, the clock, the network and randomness.
	for _, name := range strings.Fields(`env expandenv getHostByName now ago date dateInZone dateModify date_in_zone date_modify duration durationRound htmlDate htmlDateInZone
		mustDateModify must_date_modify mustToDate toDate unixEpoch randAlpha randAlphaNum randAscii randNumeric randBytes randInt shuffle uuidv4 bcrypt htpasswd encryptAES decryptAES
		derivePassword genCA genCAWithKey genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey buildCustomCert keys values osBase osClean osDir osExt osIsAbs`) {
		if all[name] {
			t.Errorf("%s is not hermetic", name)
		}
	}
}

// Those whose names or results could make one doubt are run, over and over and in another environment.
func TestSuspiciousFunctionsRepeat(t *testing.T) {
	calls := []string{
		`{{ dict "b" 1 "a" 2 "c" 3 }}`, `{{ dict "b" 1 "a" 2 "c" 3 | toJson }}`, `{{ pick (dict "b" 1 "a" 2 "c" 3) "a" "c" "b" }}`, `{{ omit (dict "b" 1 "a" 2 "c" 3) "a" }}`,
		`{{ pluck "a" (dict "a" 1) (dict "a" 2) }}`, `{{ merge (dict "a" 1 "d" 4) (dict "b" 2 "a" 3) }}`, `{{ mergeOverwrite (dict "a" 1) (dict "b" 2 "a" 3) }}`, `{{ deepCopy (dict "b" 1 "a" 2) }}`,
		`{{ toString (dict "b" 1 "a" 2 "c" 3) }}`, `{{ toStrings (list 3 1 2) }}`, `{{ list 3 1 2 | uniq }}`, `{{ sortAlpha (list "c" "a" "b") }}`, `{{ without (list 1 2 3) 2 }}`,
		`{{ fromJson "{\"b\":1,\"a\":2}" }}`, `{{ urlParse "http://u:p@h:1/p?q=1&a=2#f" }}`, `{{ urlJoin (dict "scheme" "http" "host" "h" "path" "/x") }}`, `{{ sha256sum "x" }}`, `{{ adler32sum "x" }}`,
		`{{ seq 1 5 }}`, `{{ semver "1.2.3" }}`, `{{ semverCompare "^1.2" "1.3.0" }}`, `{{ regexFindAll "[a-c]" "abcabc" -1 }}`, `{{ base "/a/b" }} {{ clean "a/../b" }} {{ ext "x.go" }} {{ isAbs "/x" }}`,
		`{{ toDecimal "0777" }}`, `{{ round 1.005 2 }}`, `{{ initials "First Try" }}`, `{{ swapcase "aBc" }}`, `{{ title "élan vital" }}`, `{{ wrap 5 "a b c d e f" }}`, `{{ range $k, $v := dict "b" 1 "a" 2 }}{{ $k }}{{ end }}`,
		`{{ kindOf 1 }} {{ typeOf (dict) }}`, `{{ cat "a" 1 nil }}`, `{{ "$HOME ${PATH} %PATH%" | quote }}`, `{{ dig "a" "b" "none" (dict "a" (dict "b" 1)) }}`, `{{ hello }}`, `{{ toDecimal 8 }}`, `{{ int "12" }} {{ atoi "7" }}`,
		`{{ plural "one" "many" 2 }}`, `{{ "a_b c-d" | camelcase }} {{ "aB" | snakecase }} {{ "aB" | kebabcase }}`, `{{ splitn "," 2 "a,b,c" }}`, `{{ split "," "a,b" }}`, `{{ abbrev 5 "a long one" }}`, `{{ tuple 1 2 | first }}`,
	}
	run := func(call string) string {
		tmpl, err := template.New("").Funcs(functions()).Parse(call)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := tmpl.Execute(&b, nil); err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		return b.String()
	}
	var first []string
	for _, call := range calls {
		first = append(first, run(call))
	}
	for _, name := range []string{"HOME", "TZ", "LANG", "LC_ALL", "PATH", "USER"} {
		t.Setenv(name, "changed")
	}
	for range 20 {
		for i, call := range calls {
			if got := run(call); got != first[i] {
				t.Errorf("%s gives %q, then %q", call, first[i], got)
			}
		}
	}
	if strings.Contains(strings.Join(first, ""), os.TempDir()+"/") {
		t.Error("a path of this machine")
	}
}

// Templates are parsed without the functions that a worker has, by the names of these alone; and without those that
// text/template does not export.
func TestFunctionNamesAreComplete(t *testing.T) {
	if got := sortedKeys((*worker)(nil).functions()); !reflect.DeepEqual(got, sortedKeys(workerFunctions)) {
		t.Errorf("a worker has %v", got)
	}
	for name := range builtins {
		if _, err := template.New("").Parse("{{ " + name + " }}"); err != nil {
			t.Errorf("text/template has no %s: %v", name, err)
		}
	}
}
