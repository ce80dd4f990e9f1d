package show

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// typeface is a font with its faces by size in half pixels.
type typeface struct {
	font  *sfnt.Font
	faces map[int]font.Face
}

// typesetter writes texts with the Go font and, for what it lacks (Chinese above all), with fonts of this machine that
// are looked for when a text first needs them.
type typesetter struct {
	mu            sync.Mutex
	buf           sfnt.Buffer
	regular, bold *typeface
	system        []*typeface
	searched      bool
}

var types = sync.OnceValue(func() *typesetter {
	t := &typesetter{}
	if f, err := opentype.Parse(goregular.TTF); err == nil {
		t.regular = &typeface{font: f, faces: map[int]font.Face{}}
	}
	if f, err := opentype.Parse(gobold.TTF); err == nil {
		t.bold = &typeface{font: f, faces: map[int]font.Face{}}
	}
	return t
})

// run is a piece of a text in one face.
type run struct {
	face font.Face
	text string
}

// split returns the text as runs; ok is false where a character is in no font of this machine.
func (t *typesetter) split(text string, size float64, bold bool) (runs []run, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ok = true
	var last *typeface
	for _, r := range text {
		tf := t.forRune(r, bold, last)
		if tf == nil {
			ok = false
			tf, r = t.regular, '\ufffd'
		}
		if tf == nil {
			return nil, false
		}
		if tf != last || len(runs) == 0 {
			face := tf.face(size)
			if face == nil {
				return nil, false
			}
			runs = append(runs, run{face: face})
			last = tf
		}
		runs[len(runs)-1].text += string(r)
	}
	return runs, ok
}

func (t *typesetter) forRune(r rune, bold bool, last *typeface) *typeface {
	first := t.regular
	if bold {
		first = t.bold
	}
	if t.holds(first, r) {
		return first
	}
	if last != nil && t.holds(last, r) {
		return last
	}
	if !t.searched {
		t.system, t.searched = systemFonts(), true
	}
	for _, f := range t.system {
		if t.holds(f, r) {
			return f
		}
	}
	return nil
}

func (t *typesetter) holds(f *typeface, r rune) bool {
	if f == nil {
		return false
	}
	i, err := f.font.GlyphIndex(&t.buf, r)
	return err == nil && i != 0
}

func (f *typeface) face(size float64) font.Face {
	key := int(size * 2)
	if face := f.faces[key]; face != nil {
		return face
	}
	face, err := opentype.NewFace(f.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil
	}
	f.faces[key] = face
	return face
}

// fontFiles are parts of the names of fonts with many characters, the best first.
var fontFiles = []string{"notosanscjk-regular", "notosanscjksc-regular", "notosanssc", "sourcehansans", "wqy-microhei", "wqy-zenhei", "pingfang",
	"msyh", "hiragino sans gb", "stheiti", "droidsansfallback", "simhei", "notoserifcjk-regular", "arial unicode", "dejavusans.", "notosans-regular"}

// systemFonts opens the fonts of this machine that fontFiles names, without reading more than their tables of contents.
func systemFonts() []*typeface {
	home, _ := os.UserHomeDir()
	dirs := []string{"/usr/share/fonts", "/usr/local/share/fonts", filepath.Join(home, ".fonts"), filepath.Join(home, ".local/share/fonts"),
		"/System/Library/Fonts", "/Library/Fonts", filepath.Join(home, "Library/Fonts"), filepath.Join(os.Getenv("WINDIR"), "Fonts")}
	type found struct {
		rank int
		path string
	}
	var list []found
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			continue
		}
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			name := strings.ToLower(d.Name())
			for rank, part := range fontFiles {
				if strings.HasPrefix(name, part) {
					list = append(list, found{rank, path})
					break
				}
			}
			return nil
		})
	}
	slices.SortStableFunc(list, func(a, b found) int { return a.rank - b.rank })
	var out []*typeface
	for _, f := range list {
		if face := openFont(f.path); face != nil && len(out) < 8 {
			out = append(out, face)
		}
	}
	return out
}

// openFont opens a font file or the first font of a collection; the file stays open, since glyphs are read when needed.
func openFont(path string) *typeface {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	all, err := opentype.ParseCollectionReaderAt(file)
	if err == nil {
		var f *sfnt.Font
		if f, err = all.Font(0); err == nil {
			return &typeface{font: f, faces: map[int]font.Face{}}
		}
	}
	file.Close()
	return nil
}
