// Package token turns texts into the token ids of BERT models: WordPiece with BERT's normalizer, equal to Hugging Face's
// for every checkpoint of the BERT family (uncased, cased, multilingual, Chinese, MiniLM, BGE, E5), single texts and pairs,
// with truncation, overflow, padding and the place of every token in its text.
//
// A tokenizer comes from a model folder, a tokenizer.json or a vocab.txt:
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"gosft/sftlib/token"
//	)
//
//	func main() {
//		tok, err := token.Open("models/all-MiniLM-L6-v2")
//		if err != nil {
//			log.Fatal(err)
//		}
//		texts := []string{"I love apples.", "Unaffable pears"}
//		batch, err := tok.EncodeBatch(texts, token.MaxLength(128), token.Padding(token.PadToLongest))
//		if err != nil {
//			log.Fatal(err)
//		}
//		for i, e := range batch {
//			for k, id := range e.IDs {
//				fmt.Println(id, tok.Token(id), texts[i][e.Bytes[k].Start:e.Bytes[k].End])
//			}
//		}
//		report, err := token.Inspect(tok, token.Texts(texts), "") // coloured tokens, lengths, unknown characters
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(report)
//	}
//
// Names are those of transformers: MaxLength, Truncation(LongestFirst), Stride, Padding(PadToLongest), and the parts of an
// Encoding. The tests compare with the tokenizers package of Hugging Face, version 0.23, on whole data sets, on made-up
// texts and on every code point; rare characters are classed as there, with its editions of the Unicode tables.
package token
