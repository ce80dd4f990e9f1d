package jupyter

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ProtocolVersion is the version of Jupyter's messaging protocol that this package speaks.
const ProtocolVersion = "5.5"

// delimiter separates a message's routing frames from the message.
var delimiter = []byte("<IDS|MSG>")

// Header is a message's header.
type Header struct {
	ID         string `json:"msg_id"`
	Username   string `json:"username"`
	Session    string `json:"session"`
	Date       string `json:"date"` // ISO 8601 in UTC, with microseconds
	Type       string `json:"msg_type"`
	Version    string `json:"version"`
	SubshellID string `json:"subshell_id,omitempty"`
}

// Message is one message of the protocol as it travels: its JSON parts are kept as they came.
type Message struct {
	Identities [][]byte // frames before the delimiter
	Header     Header
	RawHeader  json.RawMessage // what replies carry as parent_header
	Parent     json.RawMessage
	Metadata   json.RawMessage
	Content    json.RawMessage
	Buffers    [][]byte
}

// Reasons for which a message is dropped.
var (
	ErrMalformed = errors.New("malformed message")
	ErrForged    = errors.New("signature does not match the connection file's key")
	ErrReplayed  = errors.New("message was seen before")
)

// Signer signs and checks messages with the connection file's key; with an empty key nothing is signed or checked.
type Signer struct {
	key []byte

	mu   sync.Mutex
	seen map[[sha256.Size]byte]struct{}
	ring [][sha256.Size]byte
	next int
}

// replayWindow is how many signatures are remembered to refuse messages that are sent again, as jupyter_client does.
const replayWindow = 1 << 16

// NewSigner returns a signer for a key; the scheme is always hmac-sha256.
func NewSigner(key string) *Signer {
	return &Signer{key: []byte(key), seen: map[[sha256.Size]byte]struct{}{}}
}

// sign gives the HMAC of a message's four parts.
func (s *Signer) sign(parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}

// Decode checks and takes apart the frames of one message. The error is ErrMalformed, ErrForged or ErrReplayed with
// particulars. The signature is compared in constant time, before anything else in the message is looked at.
func (s *Signer) Decode(frames [][]byte) (*Message, error) {
	at := -1
	for i, f := range frames {
		if bytes.Equal(f, delimiter) {
			at = i
			break
		}
	}
	if at < 0 {
		return nil, fmt.Errorf("%w: no delimiter in %d frames", ErrMalformed, len(frames))
	}
	body := frames[at+1:]
	if len(body) < 5 {
		return nil, fmt.Errorf("%w: %d frames after the delimiter, want signature, header, parent header, metadata, content", ErrMalformed, len(body))
	}
	if err := s.check(body); err != nil {
		return nil, err
	}
	m := &Message{Identities: frames[:at], RawHeader: body[1], Parent: body[2], Metadata: body[3], Content: body[4], Buffers: body[5:]}
	for i, name := range []string{"header", "parent header", "metadata", "content"} {
		if p := bytes.TrimLeft(body[1+i], " \t\r\n"); len(p) == 0 || p[0] != '{' || !json.Valid(p) {
			return nil, fmt.Errorf("%w: %s is not a JSON object", ErrMalformed, name)
		}
	}
	if err := json.Unmarshal(m.RawHeader, &m.Header); err != nil {
		return nil, fmt.Errorf("%w: header: %v", ErrMalformed, err)
	}
	if m.Header.ID == "" || m.Header.Type == "" {
		return nil, fmt.Errorf("%w: header has no msg_id or msg_type", ErrMalformed)
	}
	return m, nil
}

// check verifies the signature and that it was not seen before.
func (s *Signer) check(body [][]byte) error {
	if len(s.key) == 0 {
		return nil
	}
	want := s.sign(body[1], body[2], body[3], body[4])
	got := make([]byte, hex.DecodedLen(len(body[0])))
	if n, err := hex.Decode(got, body[0]); err != nil || !hmac.Equal(got[:n], want) {
		return ErrForged
	}
	sum := [sha256.Size]byte(want)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, dup := s.seen[sum]; dup {
		return ErrReplayed
	}
	s.seen[sum] = struct{}{}
	if len(s.ring) < replayWindow {
		s.ring = append(s.ring, sum)
		return nil
	}
	delete(s.seen, s.ring[s.next])
	s.ring[s.next] = sum
	s.next = (s.next + 1) % replayWindow
	return nil
}

// Encode puts a message into frames. Empty parts become {}.
func (s *Signer) Encode(m *Message) ([][]byte, error) {
	header := []byte(m.RawHeader)
	if header == nil {
		var err error
		if header, err = json.Marshal(m.Header); err != nil {
			return nil, err
		}
	}
	parts := [][]byte{header, m.Parent, m.Metadata, m.Content}
	for i, p := range parts {
		if len(p) == 0 {
			parts[i] = []byte("{}")
		}
	}
	sig := []byte{}
	if len(s.key) > 0 {
		sig = []byte(hex.EncodeToString(s.sign(parts...)))
	}
	frames := make([][]byte, 0, len(m.Identities)+6+len(m.Buffers))
	frames = append(frames, m.Identities...)
	frames = append(frames, delimiter, sig)
	frames = append(frames, parts...)
	return append(frames, m.Buffers...), nil
}

// now is the protocol's form of the present time.
func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

// newID makes a random UUID.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
