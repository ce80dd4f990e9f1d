package token

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gosft/sftlib/internal/testenv"
)

// lines joins texts until each has at least n tokens.
func lines(t testing.TB, tok *Tokenizer, texts []string, n, count int) []string {
	t.Helper()
	var out []string
	var b strings.Builder
	for i := 0; len(out) < count; i++ {
		b.WriteString(texts[i%len(texts)])
		b.WriteByte(' ')
		if tok.Count(b.String()) >= n {
			out = append(out, b.String())
			b.Reset()
		}
	}
	return out
}

// TestBesideRust measures a batch of 4,096 texts cut and padded to 128 tokens, this package and the Rust `tokenizers`
// in turn on the same cores, and prints the ratio of the median times. GOSFT_BENCH=1 go test -v -run TestBesideRust ./sftlib/token
func TestBesideRust(t *testing.T) {
	if os.Getenv("GOSFT_BENCH") == "" {
		t.Skip("GOSFT_BENCH=1 measures beside the Rust tokenizers")
	}
	data := sharedTexts(t)
	for _, c := range []struct{ model, data string }{{"MiniLM", "sst2"}, {"MiniLM", "banking77"}, {"bge-zh", "waimai"}} {
		file := files(t)[c.model]
		tok := open(t, file)
		texts := lines(t, tok, data[c.data], 128, 4096)
		rust := startRust(t, file, texts)
		var ours, theirs []float64
		for i := range 12 {
			begin := time.Now()
			got, err := tok.EncodeBatch(texts, MaxLength(128), Padding(PadToMaxLength))
			seconds := time.Since(begin).Seconds()
			if err != nil || len(got) != len(texts) {
				t.Fatal(err)
			}
			if other := rust(); i >= 2 { // two rounds to warm up
				ours, theirs = append(ours, seconds), append(theirs, other)
			}
		}
		slices.Sort(ours)
		slices.Sort(theirs)
		a, b := ours[len(ours)/2], theirs[len(theirs)/2]
		tokens := float64(128 * len(texts))
		fmt.Printf("bench: tokenizer, %s on %s, %d cores: %.2f M tokens/s, Rust tokenizers %.2f M tokens/s\n", c.model, c.data,
			runtime.GOMAXPROCS(0), tokens/a/1e6, tokens/b/1e6)
		testenv.Parity(t, fmt.Sprintf("time of a batch of 128-token texts, %s on %s, over that of Rust tokenizers", c.model, c.data), a/b, 1)
	}
}

// startRust starts a process that encodes the batch each time it is called and says how long it took.
func startRust(t *testing.T, file string, texts []string) func() float64 {
	t.Helper()
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "texts.json")
	if err := os.WriteFile(name, in, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testenv.Python(t), "-c", `
import json, sys, time
from tokenizers import Tokenizer
t = Tokenizer.from_file(sys.argv[1])
t.enable_truncation(128); t.enable_padding(length=128)
texts = json.load(open(sys.argv[2]))
for line in sys.stdin:
    s = time.perf_counter(); r = t.encode_batch(texts); d = time.perf_counter() - s
    del r
    print(d, flush=True)
`, file, name)
	cmd.Env = append(os.Environ(), "TOKENIZERS_PARALLELISM=true", "RAYON_NUM_THREADS="+strconv.Itoa(runtime.GOMAXPROCS(0)))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	answers := bufio.NewReader(stdout)
	return func() float64 {
		if _, err := stdin.Write([]byte("\n")); err != nil {
			t.Fatal(err)
		}
		line, err := answers.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		s, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// TestLinear checks that time and memory grow with the text and not faster: 64 times the text takes about 64 times as
// long (a quadratic tokenizer takes 4,096 times), also where the text is one word.
func TestLinear(t *testing.T) {
	tok := open(t, testenv.MiniLM(t))
	for name, unit := range map[string]string{"words": "the unaffable film ", "one word": "unaffable", "Cyrillic": "привет мир ", "marks": "a\u0301\u0323"} {
		measure := func(n int) time.Duration {
			text := strings.Repeat(unit, n)
			best := time.Hour
			for range 5 {
				begin := time.Now()
				if _, err := tok.Encode(text); err != nil {
					t.Fatal(err)
				}
				best = min(best, time.Since(begin))
			}
			return best
		}
		small, large := measure(1000), measure(64000)
		if ratio := float64(large) / float64(small); ratio > 64*6 {
			t.Errorf("%s: 64 times the text takes %.0f times as long (%v, %v)", name, ratio, small, large)
		}
	}
}

// TestAllocations checks that encoding allocates the encodings and nothing that grows with the texts seen.
func TestAllocations(t *testing.T) {
	tok := open(t, testenv.MiniLM(t))
	texts := lines(t, tok, sharedTexts(t)["sst2"], 60, 512)
	one := testing.AllocsPerRun(20, func() {
		if _, err := tok.Encode(texts[0]); err != nil {
			t.Fatal(err)
		}
	})
	if one > 6 {
		t.Errorf("Encode makes %v allocations for a text, want at most 6", one)
	}
	runtime.GC()
	per := func(n int) float64 {
		return testing.AllocsPerRun(5, func() {
			if _, err := tok.EncodeBatch(texts[:n]); err != nil {
				t.Fatal(err)
			}
		})
	}
	if many := per(512); many > 80 {
		t.Errorf("EncodeBatch makes %v allocations for 512 texts, want at most 80", many)
	}
	if count := testing.AllocsPerRun(20, func() { tok.Count(texts[1]) }); count > 1 {
		t.Errorf("Count makes %v allocations, want none", count)
	}
	// What stays after a corpus that is all new words is no more than what stays after the first part of it.
	words := fuzzedTexts(21, 4000)
	stays := func(texts []string) int64 {
		for _, text := range texts {
			tok.Count(text)
		}
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := stays(words[:500])
	if grown := stays(words) - before; grown > 1<<20 {
		t.Errorf("%d bytes stay after 4,000 texts of new words", grown)
	}
}

func BenchmarkEncodeBatch(b *testing.B) {
	tok := open(b, testenv.MiniLM(b))
	texts := lines(b, tok, sharedTexts(b)["sst2"], 128, 1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tok.EncodeBatch(texts, MaxLength(128), Padding(PadToMaxLength)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*128*len(texts))/b.Elapsed().Seconds(), "tokens/s")
}

func BenchmarkOpen(b *testing.B) {
	dir := testenv.MiniLM(b)
	for b.Loop() {
		open(b, dir)
	}
}
