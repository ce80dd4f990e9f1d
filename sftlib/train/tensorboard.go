package train

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// boardWriter writes scalars to a TensorBoard event file: a sequence of TFRecord frames, each with a message Event of
// tensorflow/core/util/event.proto.
type boardWriter struct{ file *os.File }

var boardFiles atomic.Int64

func newBoardWriter(dir string) (*boardWriter, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	now := time.Now()
	name := fmt.Sprintf("events.out.tfevents.%d.%s.%d.%d", now.Unix(), host, os.Getpid(), boardFiles.Add(1)-1)
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	w := &boardWriter{f}
	version := protowire.AppendTag(boardTime(now), 3, protowire.BytesType)
	if err := w.frame(protowire.AppendString(version, "brain.Event:2")); err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}

// write adds the figures of one step. Names are as transformers gives them to TensorBoard: eval_loss becomes eval/loss, loss
// train/loss.
func (w *boardWriter) write(at time.Time, step int, figures Figures) error {
	var summary []byte
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		tag := "train/" + name
		if rest, ok := strings.CutPrefix(name, "eval_"); ok {
			tag = "eval/" + rest
		}
		value := protowire.AppendTag(nil, 1, protowire.BytesType)
		value = protowire.AppendString(value, tag)
		value = protowire.AppendTag(value, 2, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(figures[name])))
		summary = protowire.AppendTag(summary, 1, protowire.BytesType)
		summary = protowire.AppendBytes(summary, value)
	}
	event := protowire.AppendTag(boardTime(at), 2, protowire.VarintType)
	event = protowire.AppendVarint(event, uint64(step))
	event = protowire.AppendTag(event, 5, protowire.BytesType)
	return w.frame(protowire.AppendBytes(event, summary))
}

// boardTime begins an event with its wall time in seconds.
func boardTime(at time.Time) []byte {
	b := protowire.AppendTag(nil, 1, protowire.Fixed64Type)
	return protowire.AppendFixed64(b, math.Float64bits(float64(at.UnixMicro())/1e6))
}

// frame writes length, checksum of the length, data, checksum of the data (TFRecord).
func (w *boardWriter) frame(data []byte) error {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, maskedChecksum(b))
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, maskedChecksum(data))
	if _, err := w.file.Write(b); err != nil {
		return fmt.Errorf("TensorBoard file: %w", err)
	}
	return nil
}

func (w *boardWriter) close() error { return w.file.Close() }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedChecksum is TFRecord's: CRC-32C rotated and shifted, so that a checksum of checksums stays sound.
func maskedChecksum(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
