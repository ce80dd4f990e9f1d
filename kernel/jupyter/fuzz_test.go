package jupyter

import (
	"bytes"
	"testing"
)

// FuzzDecode feeds frames to the decoder: it must not panic, must refuse what is not signed with the key, and what it
// takes must survive encoding.
func FuzzDecode(f *testing.F) {
	s := NewSigner("")
	frames, _ := s.Encode(&Message{Header: Header{ID: "a", Type: "execute_request"}, Content: []byte(`{"code":"1"}`), Buffers: [][]byte{{0, 1}}})
	f.Add(bytes.Join(frames, []byte{0xfe}))
	f.Add([]byte("<IDS|MSG>"))
	f.Add([]byte("id\xfe<IDS|MSG>\xfe\xfe{}\xfe{}\xfe{}\xfe{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		frames := bytes.Split(data, []byte{0xfe})
		if _, err := NewSigner("key").Decode(frames); err == nil {
			t.Fatal("a message was taken that nobody signed")
		}
		m, err := s.Decode(frames)
		if err != nil {
			return
		}
		again, err := s.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		m2, err := s.Decode(again)
		if err != nil || m2.Header != m.Header || !bytes.Equal(m2.Content, m.Content) || len(m2.Buffers) != len(m.Buffers) {
			t.Fatalf("%v: %+v became %+v", err, m, m2)
		}
	})
}

// FuzzGuard feeds a byte stream to the framing guard in pieces of any size: the verdict may not depend on the pieces,
// and no frame over the limit may pass.
func FuzzGuard(f *testing.F) {
	f.Add([]byte("\x00\x05hello\x01\x00\x00\x03abc"), uint8(1))
	f.Add(append(frameHeader(1<<40, false), "x"...), uint8(3))
	f.Add([]byte("\x02\xff\xff\xff\xff\xff\xff\xff\xff"), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		const limit = 64
		verdict := func(n int) (body int, err error) {
			g := &guard{max: limit, state: inFlags}
			for p := data; len(p) > 0; {
				k := min(n, len(p))
				if err = g.follow(p[:k]); err != nil {
					return 0, err
				}
				if g.need > limit && g.state == inBody {
					t.Fatalf("a frame of %d bytes passed", g.need)
				}
				p = p[k:]
			}
			return g.need, nil
		}
		n1, err1 := verdict(len(data) + 1)
		n2, err2 := verdict(int(step)%7 + 1)
		if (err1 == nil) != (err2 == nil) || (err1 == nil && n1 != n2) {
			t.Fatalf("whole: %v %d, in pieces: %v %d", err1, n1, err2, n2)
		}
	})
}
