package generator

import (
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"strings"
	"text/template"
	"text/template/parse"
)

// Limits of templates, built-in or custom. They count steps and bytes, not seconds, so that a template is stopped on
// every machine at the same place.
const (
	maxWork  = 64 << 20    // of the templates of one file, its fragments included
	maxTotal = 4 * maxWork // of all templates of a service

	maxOutput = 8 << 20  // bytes that one template may give
	maxTree   = 64 << 20 // bytes that a service may have
	maxValue  = 1 << 20  // weight of what a function is given or returns
	maxNested = 64       // lists and mappings within each other
	maxDepth  = 50       // templates that include one another

	roundWork    = 1024    // of going through a loop once, or of calling a function
	templateWork = 2048    // of executing a template, which is the deeper in the stack the more of them are open
	protobufWork = 1 << 16 // of compiling a file of protocol buffers
	elementWork  = 16      // of an element of a list or mapping
)

// limitError says that a template has gone too far.
type limitError struct{ why string }

func (e *limitError) Error() string { return e.why }

// budget is what is left of maxWork.
type budget struct{ left int64 }

// spend takes n off the budget. Where that is too much it panics, which text/template makes an error of the call.
func (b *budget) spend(n int64) {
	if b.left -= n; b.left < 0 {
		b.left = 0
		panic(&limitError{"it does more than a template of any use would: a loop or a template that has no end, or values that grow without one"})
	}
}

// guard returns f, a template function, with a charge for each call: for its arguments, its work and its result.
func (b *budget) guard(name string, f any) any {
	v := reflect.ValueOf(f)
	growth, work := growths[name], works[name]
	call := v.Call
	if v.Type().IsVariadic() {
		call = v.CallSlice
	}
	return reflect.MakeFunc(v.Type(), func(args []reflect.Value) []reflect.Value {
		size := weights(args)
		if growth != nil {
			size = plus(size, growth(args))
		}
		b.allow(name, size)
		if work != nil {
			b.spend(work(args))
		}
		out := call(args)
		b.allow(name, weights(out))
		return out
	}).Interface()
}

// guardAll returns a map of the same functions, each guarded.
func (b *budget) guardAll(functions template.FuncMap) template.FuncMap {
	guarded := make(template.FuncMap, len(functions))
	for name, f := range functions {
		guarded[name] = b.guard(name, f)
	}
	return guarded
}

func (b *budget) allow(name string, size int64) {
	if size > maxValue {
		panic(&limitError{fmt.Sprintf("%s is given or gives more than %d KiB", name, maxValue>>10)})
	}
	b.spend(roundWork + size)
}

// weights returns the size of the values as printed: nested values count as often as they occur. It stops counting
// soon after maxValue.
func weights(values []reflect.Value) (sum int64) {
	for _, v := range values {
		if sum += weigh(v, maxNested); sum > maxValue {
			break
		}
	}
	return sum
}

func weigh(v reflect.Value, levels int) int64 {
	if levels == 0 {
		return maxValue + 1
	}
	sum := int64(elementWork)
	add := func(e reflect.Value) bool { sum += weigh(e, levels-1); return sum <= maxValue }
	switch v.Kind() {
	case reflect.String:
		sum += int64(v.Len())
	case reflect.Slice, reflect.Array:
		if k := v.Type().Elem().Kind(); k <= reflect.Complex128 {
			return sum + int64(v.Len())*int64(max(v.Type().Elem().Size(), 1))
		}
		for i := 0; i < v.Len() && add(v.Index(i)); i++ {
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if !add(entries.Key()) || !add(entries.Value()) {
				break
			}
		}
	case reflect.Struct:
		for i := 0; i < v.NumField() && add(v.Field(i)); i++ {
		}
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			add(v.Elem())
		}
	}
	return sum
}

// growths estimate the result size of functions that can expand their input.
var growths = map[string]func(args []reflect.Value) int64{
	"repeat":    func(a []reflect.Value) int64 { return times(a[0].Int(), text(a[1])) },
	"until":     func(a []reflect.Value) int64 { return times(magnitude(a[0].Int()), elementWork) },
	"untilStep": func(a []reflect.Value) int64 { return between(a[0].Int(), a[1].Int(), a[2].Int()) },
	"seq": func(a []reflect.Value) int64 {
		p := []int64{1, 1, 1}
		switch n := a[0].Len(); n {
		case 1:
			p[1] = a[0].Index(0).Int()
		case 2:
			p[0], p[1] = a[0].Index(0).Int(), a[0].Index(1).Int()
		case 3:
			p[0], p[1], p[2] = a[0].Index(0).Int(), a[0].Index(2).Int(), a[0].Index(1).Int()
		}
		return between(p[0], p[1], p[2])
	},
	"indent":  indentGrowth,
	"nindent": indentGrowth,
	"replace": func(a []reflect.Value) int64 {
		return times(text(a[2])/max(text(a[0]), 1)+1, text(a[1]))
	},
	"join": func(a []reflect.Value) int64 {
		list := a[1]
		for list.Kind() == reflect.Interface {
			list = list.Elem()
		}
		if list.Kind() != reflect.Slice && list.Kind() != reflect.Array {
			return 0
		}
		return times(int64(list.Len()), text(a[0]))
	},
	"wrapWith": func(a []reflect.Value) int64 { return times(text(a[2]), text(a[1])+1) },
	"printf":   printfGrowth, "regexReplaceAll": replaceGrowth, "mustRegexReplaceAll": replaceGrowth,
	"regexReplaceAllLiteral": replaceGrowth, "mustRegexReplaceAllLiteral": replaceGrowth,
}

func indentGrowth(a []reflect.Value) int64 {
	return times(a[0].Int(), int64(strings.Count(a[1].String(), "\n"))+1)
}

// replaceGrowth is that of replacing each match of a regular expression, of which there may be as many as characters.
func replaceGrowth(a []reflect.Value) int64 { return times(text(a[1])+1, text(a[2])) }

// printfGrowth counts each verb as if it were given all arguments, and its width or precision, which is refused where an argument gives it.
func printfGrowth(a []reflect.Value) int64 {
	format := a[0].String()
	var padding int64
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		number := int64(0)
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.[]*", format[i]) >= 0; i++ {
			switch c := format[i]; {
			case c == '*':
				return maxValue + 1
			case c >= '0' && c <= '9':
				number = plus(times(number, 10), int64(c-'0'))
			default:
				padding, number = plus(padding, number), 0
			}
		}
		padding = plus(padding, number)
	}
	return plus(padding, times(int64(strings.Count(format, "%")), weights(a[1:])))
}

// works tell how much a function does that takes longer than it is given and gives.
var works = map[string]func(args []reflect.Value) int64{
	"uniq": listWork, "mustUniq": listWork, "without": listWork, "mustWithout": listWork,
	"regexMatch": regexWork, "mustRegexMatch": regexWork, "regexFind": regexWork, "mustRegexFind": regexWork,
	"regexFindAll": allMatchesWork, "mustRegexFindAll": allMatchesWork, "regexSplit": allMatchesWork, "mustRegexSplit": allMatchesWork,
	"regexReplaceAll": allMatchesWork, "mustRegexReplaceAll": allMatchesWork,
	"regexReplaceAllLiteral": allMatchesWork, "mustRegexReplaceAllLiteral": allMatchesWork,
	"addf": decimalWork, "add1f": decimalWork, "subf": decimalWork, "divf": decimalWork, "mulf": decimalWork,
	"trimAll":       func(a []reflect.Value) int64 { return times(text(a[0]), text(a[1])) / 16 },
	"semver":        func(a []reflect.Value) int64 { return times(text(a[0]), text(a[0])) },
	"semverCompare": func(a []reflect.Value) int64 { return times(text(a[0]), text(a[0])+text(a[1])) },
}

// allMatchesWork is the worst case: from each character of a text, the expression is followed to the end.
func allMatchesWork(a []reflect.Value) int64 { return times(regexWork(a), text(a[1])) }

// decimalWork is that of arithmetic on decimal numbers, which get longer with each operation.
func decimalWork(a []reflect.Value) int64 {
	n := int64(0)
	for _, v := range a {
		if n++; v.Kind() == reflect.Slice {
			n += int64(v.Len())
		}
	}
	return times(n, n*elementWork)
}

// listWork is that of comparing each with each.
func listWork(a []reflect.Value) int64 { w := weights(a); return times(w, w/elementWork) }

// regexWork is that of following an expression through a text. One with a count, x{1000}, is as long as if it were written out.
func regexWork(a []reflect.Value) int64 {
	length := text(a[0])
	if strings.Contains(a[0].String(), "{") {
		length = times(length, 200)
	}
	return times(length, text(a[1]))
}

func text(v reflect.Value) int64 { return int64(v.Len()) }

func magnitude(n int64) int64 { return max(n, -max(n, -math.MaxInt64)) }

// between is the weight of the numbers from start to stop.
func between(start, stop, step int64) int64 {
	if max(magnitude(start), magnitude(stop), magnitude(step)) > maxValue {
		return maxValue + 1
	}
	return times(magnitude(stop-start)/max(magnitude(step), 1), elementWork)
}

func times(a, b int64) int64 {
	high, low := bits.Mul64(uint64(max(a, 0)), uint64(max(b, 0)))
	if high != 0 || low > math.MaxInt64/2 {
		return math.MaxInt64 / 2
	}
	return int64(low)
}

func plus(a, b int64) int64 { return min(a, math.MaxInt64/4) + min(b, math.MaxInt64/4) }

// The functions that a template calls where it begins, where a round of a loop does, and for values that it hands to what is built into
// text/template. No name of an author's looks like them.
const (
	beginTemplate = "_begin"
	beginRound    = "_round"
	weighed       = "_weigh"
)

// unguarded are the functions of text/template that take the longer the larger what they are given is, by where that begins in their
// arguments. They are not exported, and so cannot be guarded.
var unguarded = map[string]int{"eq": 1, "ne": 1, "lt": 1, "le": 1, "gt": 1, "ge": 1, "index": 2}

// weigh has a value paid for, and returns it.
func (b *budget) weigh(v reflect.Value) reflect.Value {
	if v.IsValid() {
		b.allow("a loop or a comparison", weigh(v, maxNested))
	}
	return v
}

// meter adds the calls that count to a template. A loop without them could run forever without calls or output.
func meter(tree *parse.Tree) {
	if tree.Root != nil {
		m := metering{tree}
		m.list(tree.Root)
		m.begin(tree.Root, beginTemplate, tree.Root.Pos)
	}
}

type metering struct{ tree *parse.Tree }

func (m metering) call(function string, at parse.Pos, args ...parse.Node) *parse.CommandNode {
	name := parse.NewIdentifier(function).SetPos(at).SetTree(m.tree)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: append([]parse.Node{name}, args...)}
}

func pipe(at parse.Pos, command *parse.CommandNode) *parse.PipeNode {
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: at, Cmds: []*parse.CommandNode{command}}
}

func (m metering) begin(list *parse.ListNode, function string, at parse.Pos) {
	first := &parse.ActionNode{NodeType: parse.NodeAction, Pos: at, Pipe: pipe(at, m.call(function, at))}
	list.Nodes = append([]parse.Node{first}, list.Nodes...)
}

func (m metering) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			m.pipe(n.Pipe)
		case *parse.TemplateNode:
			m.pipe(n.Pipe)
		case *parse.IfNode:
			m.branch(&n.BranchNode)
		case *parse.WithNode:
			m.branch(&n.BranchNode)
		case *parse.RangeNode:
			m.branch(&n.BranchNode)
			m.begin(n.List, beginRound, n.Pos)
			n.Pipe.Cmds = append(n.Pipe.Cmds, m.call(weighed, n.Pos)) // the keys of a mapping are sorted before the first round
		}
	}
}

func (m metering) branch(n *parse.BranchNode) {
	m.pipe(n.Pipe)
	m.list(n.List)
	m.list(n.ElseList)
}

func (m metering) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	var commands []*parse.CommandNode
	for i, c := range p.Cmds {
		from := len(c.Args)
		if name, ok := c.Args[0].(*parse.IdentifierNode); ok && unguarded[name.Ident] > 0 {
			if from = unguarded[name.Ident]; i > 0 {
				commands = append(commands, m.call(weighed, c.Pos))
			}
		}
		for j, arg := range c.Args {
			switch arg := arg.(type) {
			case *parse.PipeNode:
				m.pipe(arg)
			case *parse.ChainNode:
				if inner, ok := arg.Node.(*parse.PipeNode); ok {
					m.pipe(inner)
				}
			case *parse.NumberNode, *parse.StringNode, *parse.BoolNode, *parse.NilNode:
				continue // as large as the template at most
			}
			if j >= from {
				c.Args[j] = pipe(arg.Position(), m.call(weighed, arg.Position(), arg))
			}
		}
		commands = append(commands, c)
	}
	p.Cmds = commands
}
