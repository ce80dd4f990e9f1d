"""Encodes with the `tokenizers` package what a Go test asks for: JSON lines in (argv[1]), JSON lines out (stdout).

Each line in: {"file": tokenizer.json, "options": {...}, "a": [texts], "b": [texts] or null}. Each line out: one list of
encodings, each [ids, type_ids, attention_mask, special_tokens_mask, offsets, word_ids, sequence_ids, overflow]. The
overflow of a pair holds parts that hold overflow again; all of it is in the first list too, so it is not shown twice."""
import json, sys
from tokenizers import Tokenizer

def flat(e, deep=True):
    none = lambda xs: [-1 if x is None else x for x in xs]
    words, seqs = none(e.word_ids), none(e.sequence_ids)
    return [e.ids, e.type_ids, e.attention_mask, e.special_tokens_mask, [x for o in e.offsets for x in o], words, seqs,
            [flat(o, False) for o in e.overflowing] if deep else []]

loaded = {}
for line in open(sys.argv[1], encoding="utf-8"):
    r = json.loads(line)
    t = loaded.get(r["file"]) or loaded.setdefault(r["file"], Tokenizer.from_file(r["file"]))
    o = r["options"]
    if o.get("as_file"):
        t = Tokenizer.from_file(r["file"])
    else:
        t.no_truncation(); t.no_padding()
        if "max_length" in o:
            t.enable_truncation(o["max_length"], stride=o.get("stride", 0), strategy=o.get("strategy", "longest_first"),
                                direction=o.get("truncate", "right"))
        if "pad" in o:
            t.enable_padding(direction=o.get("pad_side", "right"), length=o["max_length"] if o["pad"] == "max_length" else None,
                             pad_to_multiple_of=o.get("multiple"), pad_id=t.token_to_id("[PAD]"))
    special = not o.get("bare", False)
    if o.get("decode"):
        print(json.dumps([t.decode(t.encode(a).ids, skip_special_tokens=special) for a in r["a"]]))
        continue
    texts = list(zip(r["a"], r["b"])) if r.get("b") else r["a"]
    try:
        out = [flat(e) for e in t.encode_batch(texts, add_special_tokens=special)]
    except Exception as x:
        out = str(x)
    print(json.dumps(out, separators=(",", ":")))
