package change

import (
	"io/fs"
	"strings"

	"golang.org/x/mod/modfile"
)

// VendorList is the file by which a project with a vendor folder knows what is in it.
const VendorList = "vendor/modules.txt"

// Vendored reports whether the project has a vendor folder.
func Vendored(ours fs.ReadLinkFS) bool {
	content, err := Read(ours, VendorList)
	return err == nil && content != nil
}

// staleVendor reports whether the project has a vendor folder that does not hold what its go.mod requires. The go
// command refuses to build it.
func staleVendor(ours fs.ReadLinkFS) bool {
	list, listErr := Read(ours, VendorList)
	mod, modErr := Read(ours, "go.mod")
	if listErr != nil || modErr != nil || list == nil || mod == nil {
		return false
	}
	file, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		return false // the go command says more about it
	}
	explicit := map[string]bool{} // "path version", of the modules that go.mod requires
	module := ""
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		switch fields := strings.Fields(line); {
		case strings.HasPrefix(line, "## explicit"):
			explicit[module] = true
		case len(fields) >= 3 && fields[0] == "#":
			module = fields[1] + " " + fields[2]
		}
	}
	required := 0
	for _, r := range file.Require {
		if !explicit[r.Mod.Path+" "+r.Mod.Version] {
			return true
		}
		required++
	}
	return required != len(explicit)
}
