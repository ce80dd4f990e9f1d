package token_test

import (
	"fmt"
	"log"
	"strings"

	"gosft/sftlib/token"
)

func newTokenizer() *token.Tokenizer {
	vocab := strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] i love apple ##s un ##aff ##able . 我 爱 苹 果")
	tok, err := token.FromVocab(vocab, token.BERTNormalizer(true))
	if err != nil {
		log.Fatal(err)
	}
	return tok
}

func ExampleTokenizer() {
	tok := newTokenizer()
	fmt.Println(tok.Tokenize("Unaffable apples. 我爱"))
	fmt.Println(tok.Count("我爱苹果"), tok)
	// Output:
	// [un ##aff ##able apple ##s . 我 爱]
	// 6 WordPiece, 17 tokens, uncased
}

func ExampleEncoding() {
	text := "I love 苹果"
	e, err := newTokenizer().Encode(text)
	if err != nil {
		log.Fatal(err)
	}
	for i, id := range e.IDs {
		fmt.Printf("%d:%q ", id, text[e.Bytes[i].Start:e.Bytes[i].End])
	}
	// Output: 2:"" 5:"I" 6:"love" 15:"苹" 16:"果" 3:""
}

func ExampleOption() {
	e, err := newTokenizer().Encode("I love apples.", token.MaxLength(4), token.Stride(1), token.ReturnOverflowingTokens())
	if err != nil {
		log.Fatal(err)
	}
	tok := newTokenizer()
	fmt.Println(tok.Tokens(e.IDs))
	for _, part := range e.Overflow {
		fmt.Println(tok.Tokens(part.IDs))
	}
	// Output:
	// [[CLS] i love [SEP]]
	// [[CLS] love apple [SEP]]
	// [[CLS] apple ##s [SEP]]
	// [[CLS] ##s . [SEP]]
}

func ExampleTruncationStrategy() {
	tok := newTokenizer()
	e, err := tok.EncodePair("I love", "unaffable apples.", token.MaxLength(8), token.Truncation(token.OnlySecond))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tok.Tokens(e.IDs))
	// Output: [[CLS] i love [SEP] un ##aff ##able [SEP]]
}

func ExamplePaddingStrategy() {
	tok := newTokenizer()
	batch, err := tok.EncodeBatch([]string{"I", "I love apples"}, token.Padding(token.PadToLongest))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(batch[0].IDs, batch[0].AttentionMask)
	// Output: [2 5 3 0 0 0] [1 1 1 0 0 0]
}

func ExampleNormalizer() {
	cased, err := token.FromVocab([]string{"[UNK]", "[CLS]", "[SEP]", "Été", "ete"}, token.BERTNormalizer(false))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cased.Tokenize("Été été"), cased.Normalizer().Lowercase)
	// Output: [Été [UNK]] false
}

func ExampleSpan() {
	e, err := newTokenizer().Encode("爱 apples")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.Offsets[2], e.Bytes[2]) // apple, in characters and in bytes
	// Output: {2 7} {4 9}
}

func ExampleAddedToken() {
	for _, a := range newTokenizer().AddedTokens() {
		fmt.Print(a.ID, a.Content, " ")
	}
	// Output: 0[PAD] 1[UNK] 2[CLS] 3[SEP] 4[MASK]
}

func ExampleInspection() {
	r, err := token.Inspect(newTokenizer(), []string{"I love apples", "我爱 pears"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f %d\n", r.UnknownRate(), r.SuggestedMaxLength)
	// Output: 0.14 8
}

func ExampleTexts() {
	r, err := token.Inspect(newTokenizer(), token.Texts{"I love apples"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Tokens)
	// Output: 4
}

func ExampleSource() {
	var s token.Source = token.Texts{"I love apples"} // a data.Frame is one too
	texts, err := s.Strings("text")
	fmt.Println(texts, err)
	// Output: [I love apples] <nil>
}

func ExampleTokenCount() {
	r, err := token.Inspect(newTokenizer(), []string{"I love love love apples"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Commonest[0].Token, r.Commonest[0].Count)
	// Output: love 3
}

func ExampleCharacterCount() {
	r, err := token.Inspect(newTokenizer(), []string{"我爱☃"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%c %d\n", r.UnknownCharacters[0].Character, r.UnknownCharacters[0].Count)
	// Output: ☃ 1
}
