package session

import "maps"

// CommFromFrontend hands a comm message of the front end to the program and keeps the list of open comms.
func (s *Session) CommFromFrontend(m Comm) error {
	s.trackComm(m)
	return s.engine.Comm(m)
}

// commFromProgram publishes a comm message of the program.
func (s *Session) commFromProgram(o *outlet, m Comm) {
	s.trackComm(m)
	data := m.Data
	if data == nil {
		data = map[string]any{}
	}
	o.pub(Message{Type: "comm_" + m.Kind, Content: CommContent{ID: m.ID, Target: m.Target, Data: data},
		Metadata: m.Metadata, Buffers: m.Buffers})
}

func (s *Session) trackComm(m Comm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m.Kind {
	case "open":
		s.comms[m.ID] = m.Target
	case "close":
		delete(s.comms, m.ID)
	}
}

// Comms lists the open comms, id to target; with a target only those of it.
func (s *Session) Comms(target string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := maps.Clone(s.comms)
	maps.DeleteFunc(open, func(_, t string) bool { return target != "" && t != target })
	return open
}
