package deps

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// pom is what of a POM says what a library needs.
type pom struct {
	Group        string     `xml:"groupId"`
	Artifact     string     `xml:"artifactId"`
	Version      string     `xml:"version"`
	Packaging    string     `xml:"packaging"`
	Parent       *pomParent `xml:"parent"`
	Properties   properties `xml:"properties"`
	Dependencies []pomDep   `xml:"dependencies>dependency"`
	Managed      []pomDep   `xml:"dependencyManagement>dependencies>dependency"`
	Relocation   *pomMoved  `xml:"distributionManagement>relocation"`
}

type pomParent struct {
	Group    string `xml:"groupId"`
	Artifact string `xml:"artifactId"`
	Version  string `xml:"version"`
}

type pomMoved pomParent

type pomDep struct {
	Group      string      `xml:"groupId"`
	Artifact   string      `xml:"artifactId"`
	Version    string      `xml:"version"`
	Type       string      `xml:"type"`
	Classifier string      `xml:"classifier"`
	Scope      string      `xml:"scope"`
	Optional   string      `xml:"optional"`
	Exclusions []pomParent `xml:"exclusions>exclusion"`
}

// properties are the elements below <properties>, whatever their names.
type properties map[string]string

func (p *properties) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	*p = properties{}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			var value string
			if err := d.DecodeElement(&value, &t); err != nil {
				return err
			}
			(*p)[t.Name.Local] = strings.TrimSpace(value)
		case xml.EndElement:
			return nil
		}
	}
}

// maxParents is how long a chain of parents or imports may be; a longer one goes in a circle.
const maxParents = 50

// poms reads POMs, each once, with what their parents and imports add.
type poms struct {
	from  *Repositories
	known map[string]*pom
}

func newPOMs(from *Repositories) *poms { return &poms{from, map[string]*pom{}} }

// effective is the POM of a version with all that it inherits, its properties filled in.
func (ps *poms) effective(ctx context.Context, lib Lib, version string) (*pom, error) {
	return ps.read(ctx, lib, version, 0)
}

func (ps *poms) read(ctx context.Context, lib Lib, version string, depth int) (*pom, error) {
	key := lib.Group + ":" + lib.Artifact + ":" + version
	if p := ps.known[key]; p != nil {
		return p, nil
	}
	if depth > maxParents {
		return nil, fmt.Errorf("the parents or imports of the POM of %s %s go in a circle", lib, version)
	}
	path := artifactPath(Lib{lib.Group, lib.Artifact, ""}, version, "pom")
	file, err := ps.from.get(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("find the POM of %s %s: %w", lib, version, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := &pom{}
	d := xml.NewDecoder(strings.NewReader(string(text)))
	// Old POMs say that they are ISO-8859-1; what matters here is ASCII.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if err := ps.inherit(ctx, p, lib, version, depth); err != nil {
		return nil, err
	}
	ps.known[key] = p
	return p, nil
}

// inherit adds what the parent has, fills in properties, and takes in imported management.
func (ps *poms) inherit(ctx context.Context, p *pom, lib Lib, version string, depth int) error {
	own := properties{}
	if p.Parent != nil {
		parent := p.Parent
		above, err := ps.read(ctx, Lib{parent.Group, parent.Artifact, ""}, parent.Version, depth+1)
		if err != nil {
			return fmt.Errorf("parent of %s %s: %w", lib, version, err)
		}
		for k, v := range above.Properties {
			own[k] = v
		}
		own["project.parent.version"], own["project.parent.groupId"] = parent.Version, parent.Group
		p.Dependencies = append(p.Dependencies, above.Dependencies...)
		p.Managed = append(p.Managed, above.Managed...)
	}
	for k, v := range p.Properties {
		own[k] = v
	}
	for _, prefix := range []string{"project.", "pom.", ""} {
		own[prefix+"groupId"], own[prefix+"artifactId"], own[prefix+"version"] = lib.Group, lib.Artifact, version
	}
	p.Properties = own
	for _, list := range [][]pomDep{p.Managed, p.Dependencies} {
		for i := range list {
			d := &list[i]
			for _, field := range []*string{&d.Group, &d.Artifact, &d.Version, &d.Type, &d.Classifier, &d.Scope, &d.Optional} {
				*field = own.fill(strings.TrimSpace(*field))
			}
		}
	}
	if p.Relocation != nil {
		for _, field := range []*string{&p.Relocation.Group, &p.Relocation.Artifact, &p.Relocation.Version} {
			*field = own.fill(strings.TrimSpace(*field))
		}
	}
	return ps.imports(ctx, p, depth)
}

func (ps *poms) imports(ctx context.Context, p *pom, depth int) error {
	var managed []pomDep
	for _, d := range p.Managed {
		if d.Scope != "import" || d.Type != "pom" {
			managed = append(managed, d)
			continue
		}
		bom, err := ps.read(ctx, Lib{d.Group, d.Artifact, ""}, d.Version, depth+1)
		if err != nil {
			return fmt.Errorf("managed versions of %s: %w", d.Artifact, err)
		}
		managed = append(managed, bom.Managed...)
	}
	p.Managed = managed
	return nil
}

var propertyForm = regexp.MustCompile(`\$\{([^}]+)\}`)

// fill replaces ${name} by the property, whose value may have more of them. One that is not known stays.
func (p properties) fill(s string) string {
	for range 10 {
		filled := propertyForm.ReplaceAllStringFunc(s, func(m string) string {
			if v, ok := p[m[2:len(m)-1]]; ok {
				return v
			}
			return m
		})
		if filled == s {
			break
		}
		s = filled
	}
	return s
}

// managed is what the POM's management says of a dependency.
func (p *pom) managed(d pomDep) (pomDep, bool) {
	for _, m := range p.Managed {
		if m.Group == d.Group && m.Artifact == d.Artifact && m.Classifier == d.Classifier && jarType(m.Type) == jarType(d.Type) {
			return m, true
		}
	}
	return pomDep{}, false
}

func jarType(t string) string {
	if t == "" {
		return "jar"
	}
	return t
}

// needs are the dependencies that count when the library is used, in order.
func (p *pom) needs() []pomDep {
	var out []pomDep
	seen := map[Lib]bool{} // the first one counts: a child's before its parent's
	for _, d := range p.Dependencies {
		if m, ok := p.managed(d); ok {
			if d.Version == "" {
				d.Version = m.Version
			}
			if d.Scope == "" {
				d.Scope = m.Scope
			}
			if d.Optional == "" {
				d.Optional = m.Optional
			}
			d.Exclusions = append(d.Exclusions, m.Exclusions...)
		}
		lib := Lib{d.Group, d.Artifact, d.Classifier}
		if seen[lib] {
			continue
		}
		seen[lib] = true
		scoped := d.Scope == "" || d.Scope == "compile" || d.Scope == "runtime"
		if scoped && d.Optional != "true" && jarType(d.Type) == "jar" {
			out = append(out, d)
		}
	}
	return out
}

// exact is the version that a POM's text asks for, or an error where that is a range.
func exact(version string) (string, error) {
	if !strings.ContainsAny(version, "[]()") {
		return version, nil
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(version, "["), "]")
	if strings.ContainsAny(inner, "[](),") {
		return "", fmt.Errorf("the version %q is a range", version)
	}
	return inner, nil
}
