package token

import (
	"errors"
	"fmt"
)

// TruncationStrategy says which text of a pair is cut when both are too long together. Names as in Hugging Face.
type TruncationStrategy string

const (
	LongestFirst  TruncationStrategy = "longest_first"   // the longer text first, both down to half
	OnlyFirst     TruncationStrategy = "only_first"      // the first text; an error when it is too short for that
	OnlySecond    TruncationStrategy = "only_second"     // the second text; an error when it is too short or missing
	DoNotTruncate TruncationStrategy = "do_not_truncate" // none
)

// PaddingStrategy says how long encodings are made. Names as in Hugging Face.
type PaddingStrategy string

const (
	DoNotPad       PaddingStrategy = "do_not_pad" // as long as the text (the default)
	PadToLongest   PaddingStrategy = "longest"    // as long as the longest of the batch
	PadToMaxLength PaddingStrategy = "max_length" // as long as MaxLength says
)

// Option sets how a text becomes an Encoding. Without options there is no truncation and no padding, and the special
// tokens of the model are added, as when a transformers tokenizer is called.
type Option func(*settings)

// MaxLength cuts encodings to n tokens, special tokens included, LongestFirst unless Truncation says otherwise; 0 is no limit.
func MaxLength(n int) Option { return func(s *settings) { s.maxLength = n } }

// Truncation sets the strategy by which a pair is cut to MaxLength.
func Truncation(t TruncationStrategy) Option { return func(s *settings) { s.truncation = t } }

// ReturnOverflowingTokens fills Overflow with what truncation cuts off.
func ReturnOverflowingTokens() Option { return func(s *settings) { s.overflow = true } }

// Stride is how many tokens each part of Overflow repeats of the part before. Default 0.
func Stride(n int) Option { return func(s *settings) { s.stride = n } }

// TruncateLeft cuts off the beginning of a text instead of its end.
func TruncateLeft() Option { return func(s *settings) { s.truncateLeft = true } }

// Padding sets how long encodings are made.
func Padding(p PaddingStrategy) Option { return func(s *settings) { s.padding.strategy = p } }

// PadToMultipleOf rounds the padded length up to a multiple of n. It counts with PadToLongest and PadToMaxLength.
func PadToMultipleOf(n int) Option { return func(s *settings) { s.padding.multiple = n } }

// PadLeft puts the padding before the text.
func PadLeft() Option { return func(s *settings) { s.padding.left = true } }

// WithoutSpecialTokens leaves [CLS] and [SEP] out.
func WithoutSpecialTokens() Option { return func(s *settings) { s.bare = true } }

type padding struct {
	strategy   PaddingStrategy
	multiple   int
	left       bool
	id, typeID int32
	length     int // of PadToMaxLength; 0 means MaxLength
}

type settings struct {
	maxLength    int
	truncation   TruncationStrategy
	stride       int
	truncateLeft bool
	overflow     bool
	padding      padding
	bare         bool
}

// settings checks the options against the template.
func (t *Tokenizer) settings(pair bool, options []Option) (settings, error) {
	s := settings{padding: padding{id: t.padID, typeID: t.padTypeID}}
	for _, o := range options {
		if o != nil {
			o(&s)
		}
	}
	return s, s.check(t.template.added(pair))
}

func (s *settings) check(added int) error {
	if s.truncation == "" {
		s.truncation = LongestFirst
	}
	if s.padding.strategy == "" {
		s.padding.strategy = DoNotPad
	}
	if s.bare {
		added = 0
	}
	switch s.truncation {
	case LongestFirst, OnlyFirst, OnlySecond, DoNotTruncate:
	default:
		return fmt.Errorf("token: truncation strategy %q is not known: use longest_first, only_first, only_second or do_not_truncate", s.truncation)
	}
	if s.truncation != DoNotTruncate && s.maxLength != 0 {
		if s.maxLength < added {
			return fmt.Errorf("token: MaxLength %d has no room for the %d special tokens: use %d or more", s.maxLength, added, added+1)
		}
		if s.stride < 0 || s.stride > 0 && s.stride >= s.maxLength-added {
			return fmt.Errorf("token: Stride %d must be from 0 to %d: MaxLength %d less %d special tokens less 1", s.stride, s.maxLength-added-1, s.maxLength, added)
		}
	}
	switch s.padding.strategy {
	case DoNotPad, PadToLongest:
	case PadToMaxLength:
		if s.padding.length == 0 {
			s.padding.length = s.maxLength
		}
		if s.padding.length <= 0 {
			return errors.New("token: padding to max_length needs MaxLength")
		}
	default:
		return fmt.Errorf("token: padding strategy %q is not known: use do_not_pad, longest or max_length", s.padding.strategy)
	}
	if s.padding.multiple < 0 {
		return fmt.Errorf("token: PadToMultipleOf %d must not be negative", s.padding.multiple)
	}
	return nil
}

// padded returns the length that an encoding is padded to when the longest of its batch has n tokens.
func (s *settings) padded(n int) int {
	switch s.padding.strategy {
	case DoNotPad:
		return 0
	case PadToMaxLength:
		n = s.padding.length
	}
	if m := s.padding.multiple; m > 0 && n%m != 0 {
		n += m - n%m
	}
	return n
}
