package train

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// logFiles writes log.jsonl, one line for each report, and TensorBoard's event file into a folder.
type logFiles struct {
	lines *os.File
	board *boardWriter
}

// openLogs opens the files; lines are appended to those of earlier runs.
func openLogs(dir string) (*logFiles, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("LoggingDir: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "log.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("LoggingDir: %w", err)
	}
	board, err := newBoardWriter(dir)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("LoggingDir: %w", err)
	}
	return &logFiles{f, board}, nil
}

// logLine is one line of log.jsonl.
type logLine struct {
	Time    time.Time `json:"time"`
	Event   Kind      `json:"event"`
	Step    int       `json:"step"`
	Epoch   float64   `json:"epoch"`
	Figures Figures   `json:"figures,omitempty"`
	Message string    `json:"message,omitempty"`
}

// handle is a [Callback].
func (l *logFiles) handle(e Event, _ *Control) error {
	switch e.Kind {
	case Log, Evaluate, Save, Note, TrainBegin, TrainEnd:
	default:
		return nil
	}
	line, err := json.Marshal(logLine{e.Time, e.Kind, e.State.GlobalStep, e.State.Epoch, e.Logs, e.Message})
	if err != nil {
		return fmt.Errorf("log.jsonl: %w", err)
	}
	if _, err := l.lines.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("log.jsonl: %w", err)
	}
	if len(e.Logs) > 0 {
		return l.board.write(e.Time, e.State.GlobalStep, e.Logs)
	}
	return nil
}

func (l *logFiles) close() error {
	err := l.lines.Close()
	if e := l.board.close(); err == nil {
		err = e
	}
	return err
}

// ReadLog reads a log.jsonl: the figures of each report in order. A last line that was cut off is left out.
func ReadLog(path string) ([]Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var records []Record
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		var l logLine
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			if !sc.Scan() {
				break
			}
			return records, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		if len(l.Figures) > 0 {
			records = append(records, Record{l.Step, l.Epoch, l.Figures})
		}
	}
	return records, sc.Err()
}
