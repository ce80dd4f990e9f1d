package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// openText opens a file and unpacks .gz and .zst, by what it begins with.
func openText(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	br := bufio.NewReaderSize(f, 1<<16)
	head, _ := br.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		z, err := gzip.NewReader(br)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("unpack: %w", err)
		}
		return &textFile{z, f, nil}, nil
	case bytes.HasPrefix(head, []byte(zstdMagic)):
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1))
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("unpack: %w", err)
		}
		return &textFile{z, f, z.Close}, nil
	}
	return &textFile{br, f, nil}, nil
}

type textFile struct {
	io.Reader
	file *os.File
	done func()
}

func (t *textFile) Close() error {
	if t.done != nil {
		t.done()
	}
	return t.file.Close()
}

// beginning returns up to n bytes of the unpacked text without a byte order mark, and whether that is all.
func beginning(path string, n int) (text string, whole bool, err error) {
	r, err := openText(path)
	if err != nil {
		return "", false, err
	}
	defer r.Close()
	buf := make([]byte, n)
	got, err := io.ReadFull(r, buf)
	whole = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !whole {
		return "", false, err
	}
	return strings.TrimPrefix(string(buf[:got]), "\ufeff"), whole, nil
}

// transcode replaces files that are not UTF-8 by temporary ones that are. It returns the name of the encoding for Report, ""
// for UTF-8.
func (e *engine) transcode(src *source, name string) (string, error) {
	found := ""
	for i, path := range src.files {
		enc, label := encoding.Encoding(nil), name
		if name != "" {
			var err error
			if enc, err = lookup(name); err != nil {
				return "", err
			}
			if label = canonical(enc, name); label == "utf-8" {
				continue
			}
		} else {
			text, whole, err := beginning(path, sampleSize)
			if err != nil {
				return "", err
			}
			enc, label = guess(text, whole)
			if zero := strings.IndexByte(text[:min(64, len(text))], 0); zero >= 0 && !strings.HasPrefix(label, "utf-16") { // images, programs, data bases
				return "", fmt.Errorf("this is no file of text: its byte %d is zero", zero+1)
			}
		}
		if enc == nil {
			continue
		}
		if err := e.rewrite(src, i, decode(enc)); err != nil {
			return "", err
		}
		found = label
	}
	if found != "" && name == "" {
		found += " (guessed)"
	}
	return found, nil
}

// transcodeWhole guesses the encoding on whole files, for one whose beginning says nothing.
func (e *engine) transcodeWhole(src *source) (string, error) {
	found := ""
	for i, path := range src.files {
		text, _, err := beginning(path, 1<<28)
		if err != nil {
			return "", err
		}
		enc, label := guess(text, true)
		if enc == nil {
			continue
		}
		if err := e.rewrite(src, i, decode(enc)); err != nil {
			return "", err
		}
		found = label + " (guessed)"
	}
	if found == "" {
		return "", errors.New("no other encoding fits")
	}
	return found, nil
}

func lookup(name string) (encoding.Encoding, error) {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
	case "utf-16", "utf16":
		return utf.UTF16(utf.LittleEndian, utf.UseBOM), nil
	case "utf-8-sig", "utf-8-bom":
		return htmlindex.Get("utf-8")
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("encoding %q is not known: use a name such as utf-8, gbk, gb18030, big5, shift_jis, euc-kr, utf-16 or windows-1252", name)
	}
	return enc, nil
}

func canonical(enc encoding.Encoding, name string) string {
	if s, err := htmlindex.Name(enc); err == nil {
		return s
	}
	return strings.ToLower(name)
}

// guess returns the encoding of a text that is not UTF-8, nil for UTF-8.
func guess(text string, whole bool) (encoding.Encoding, string) {
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		return utf.UTF16(utf.LittleEndian, utf.UseBOM), "utf-16le"
	case strings.HasPrefix(text, "\xfe\xff"):
		return utf.UTF16(utf.BigEndian, utf.UseBOM), "utf-16be"
	}
	if enc, label := guessUTF16(text); enc != nil {
		return enc, label
	}
	if !whole { // the last character may be cut
		for range utf8.UTFMax - 1 {
			if utf8.ValidString(text) {
				break
			}
			text = text[:len(text)-1]
		}
	}
	if mostlyUTF8(text) {
		return nil, ""
	}
	if s, _, err := transform.String(simplifiedchinese.GB18030.NewDecoder(), text); err == nil {
		han, odd := 0, strings.Count(s, "\ufffd")
		for _, r := range s {
			if unicode.Is(unicode.Han, r) {
				han++
			}
		}
		if odd <= 2 && han > 0 && chineseText(s, han) {
			return simplifiedchinese.GB18030, "gb18030"
		}
	}
	enc, _ := htmlindex.Get("windows-1252")
	return enc, "windows-1252"
}

// mostlyUTF8 says whether a text is UTF-8, or is but for a few broken bytes, which then are bad lines and no other encoding.
func mostlyUTF8(text string) bool {
	good, broken := 0, 0
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		case n > 1:
			good++
		}
		i += n
	}
	return broken == 0 || good > 4*broken
}

// chineseText says whether the Han characters of a text stand together, as words do; an accented letter of a Western
// encoding taken for half a character stands alone.
func chineseText(s string, han int) bool {
	pairs := 0
	last := false
	for _, r := range s {
		is := unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
		if is && last {
			pairs++
		}
		last = is
	}
	return pairs*2 >= han
}

// guessUTF16 finds UTF-16 without a mark by the zero bytes of its ASCII characters.
func guessUTF16(text string) (encoding.Encoding, string) {
	head := text[:min(len(text), 4096)]
	even, odd := 0, 0
	for i := range len(head) {
		if head[i] == 0 {
			if i%2 == 0 {
				even++
			} else {
				odd++
			}
		}
	}
	half := len(head) / 2
	switch {
	case half < 8:
	case odd > half/3 && even*10 < odd:
		return utf.UTF16(utf.LittleEndian, utf.IgnoreBOM), "utf-16le"
	case even > half/3 && odd*10 < even:
		return utf.UTF16(utf.BigEndian, utf.IgnoreBOM), "utf-16be"
	}
	return nil, ""
}

// decode copies a text and makes it UTF-8.
func decode(enc encoding.Encoding) func(*bufio.Writer, *bufio.Reader) error {
	return func(w *bufio.Writer, r *bufio.Reader) error {
		_, err := io.Copy(w, transform.NewReader(r, enc.NewDecoder()))
		return err
	}
}
