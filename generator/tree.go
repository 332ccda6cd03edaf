package generator

import "io/fs"

// Tree is a rendered project, sorted by path, with the history of its schema.
type Tree struct {
	Files []File
	Steps []Step
}

// File is one rendered file and where it came from.
type File struct {
	Path      string      // relative, with forward slashes
	Mode      fs.FileMode // 0644, or 0755 for a script
	Content   []byte
	Owner     string // "skeleton" or "axis/name"
	Template  string // path of the template in its owner's folder
	Fragments []Fragment
}

// Repeated reports whether the file is one of several from the same template.
func (f File) Repeated() bool { return forAlert(f.Template) }

// Fragment is what one owner put into a slot of a file.
type Fragment struct {
	Slot     string
	Owner    string
	Template string
	Text     []byte // as rendered; nil in a plan
}
