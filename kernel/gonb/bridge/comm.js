// The browser's half of gonbui's comms: globalThis.gonb_comm, which widgets use to talk to the Go program.
//   gonb_comm.send(address, value)            gives the program a value
//   gonb_comm.subscribe(address, callback)    callback(address, value) for values of the program; returns a token
//   gonb_comm.unsubscribe(token)
//   gonb_comm.newSyncedVariable(address, value) -> {get, set, subscribe, unsubscribe}
// It opens one Jupyter comm on a connection of its own to the page's server.
(() => {
  "use strict";
  const kernel = KERNEL_ID;
  const old = globalThis.gonb_comm;
  if (old && old.kernel === kernel && old.alive()) return;
  if (old) old.close();

  const uuid = () => globalThis.crypto?.randomUUID?.() ??
    "gosft-" + Date.now().toString(16) + Math.random().toString(16).slice(2);

  // Where the server is: the page's own settings know base URL and token; without them, the page's address does.
  function address() {
    let settings = {};
    try {
      settings = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
    } catch { /* a page without settings */ }
    let base = settings.baseUrl || document.body?.dataset?.baseUrl;
    if (!base) {
      const at = location.pathname.search(/\/(lab|notebooks|tree|doc|voila|edit|consoles|nbclassic)(\/|$)/);
      base = at >= 0 ? location.pathname.slice(0, at + 1) : "/";
    }
    if (!base.endsWith("/")) base += "/";
    const origin = settings.wsUrl || location.origin;
    const url = new URL(settings.wsUrl ? settings.wsUrl.replace(/\/*$/, "/") : base, origin.replace(/^ws/, "http"));
    url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
    url.pathname = url.pathname.replace(/\/*$/, "/") + "api/kernels/" + encodeURIComponent(kernel) + "/channels";
    url.searchParams.set("session_id", uuid());
    if (settings.token) url.searchParams.set("token", settings.token);
    return url;
  }

  const subscribers = new Map(); // address -> Map(token -> callback)
  const addressOf = new Map();   // token -> address
  const variables = new Map();   // address -> variable
  const waiting = [];            // messages from before the comm was open
  let id = uuid(), open = false, closed = false, socket;

  function raw(type, content) {
    const msg = uuid();
    socket.send(JSON.stringify({
      header: {msg_id: msg, msg_type: type, username: "", session: id, version: "5.4", date: new Date().toISOString()},
      msg_id: msg, msg_type: type, parent_header: {}, metadata: {}, content, buffers: [], channel: "shell",
    }));
  }

  const comm = globalThis.gonb_comm = {
    kernel,
    debug: false,
    alive: () => !closed && socket && socket.readyState <= 1,
    send(address, value) {
      if (!open) { waiting.push([address, value]); return; }
      raw("comm_msg", {comm_id: id, data: {address, value}});
    },
    subscribe(address, callback) {
      const token = Symbol(address);
      if (!subscribers.has(address)) subscribers.set(address, new Map());
      subscribers.get(address).set(token, callback);
      addressOf.set(token, address);
      return token;
    },
    unsubscribe(token) {
      const address = addressOf.get(token);
      addressOf.delete(token);
      subscribers.get(address)?.delete(token);
    },
    newSyncedVariable(address, value) {
      let v = variables.get(address);
      if (!v) {
        v = new Variable(address);
        variables.set(address, v);
      }
      v.set(value);
      return v;
    },
    close() {
      closed = true;
      open = false;
      if (globalThis.gonb_comm === comm) delete globalThis.gonb_comm;
      socket?.close();
    },
  };

  class Variable {
    #value = null;
    #callbacks = new Map();
    constructor(address) {
      this.address = address;
      comm.subscribe(address, (_, value) => this.#take(value));
    }
    #take(value) {
      if (this.#value === value) return;
      this.#value = value;
      for (const f of [...this.#callbacks.values()]) f(value);
    }
    get() { return this.#value; }
    set(value) {
      if (this.#value === value) return;
      this.#take(value);
      comm.send(this.address, value);
    }
    subscribe(callback) {
      const token = Symbol(this.address);
      this.#callbacks.set(token, callback);
      return token;
    }
    unsubscribe(token) { this.#callbacks.delete(token); }
  }

  function receive(data) {
    switch (data?.address) {
      case "#comm_open_ack":
        if (open) return;
        open = true;
        comm.send("#ready", true);
        for (const [a, v] of waiting.splice(0)) comm.send(a, v);
        return;
      case "#heartbeat/ping":
        comm.send("#heartbeat/pong", true);
        return;
      case "#heartbeat/pong":
        return;
      case "#read": { // the program asks for the value of an address
        const v = variables.get(data.value);
        if (v) comm.send(data.value, v.get());
        else for (const f of [...(subscribers.get(data.value)?.values() ?? [])]) f(data.value, undefined);
        return;
      }
    }
    for (const f of [...(subscribers.get(data?.address)?.values() ?? [])]) {
      try { f(data.address, data.value); } catch (err) { console.error("gonb_comm:", data.address, err); }
    }
  }

  socket = new WebSocket(address());
  // The server may take a while until this connection hears the kernel: the comm is opened again until the answer is heard.
  let tries = 0;
  const knock = () => {
    if (open || closed || tries++ > 60) return;
    raw("comm_open", {comm_id: id, target_name: "gonb_comm", data: {kernel_id: kernel}});
    setTimeout(knock, 200);
  };
  socket.onopen = knock;
  socket.onmessage = (event) => {
    if (typeof event.data !== "string") return;
    const msg = JSON.parse(event.data);
    const type = msg.msg_type ?? msg.header?.msg_type;
    if (comm.debug) console.log("gonb_comm:", type, msg.content);
    if (msg.content?.comm_id !== id) return;
    if (type === "comm_msg") receive(msg.content.data);
    else if (type === "comm_close") comm.close();
  };
  socket.onclose = () => {
    if (!closed) console.warn("gonb_comm: the connection to the kernel has ended; widgets work again after the next cell that uses one");
    comm.close();
  };
})();
