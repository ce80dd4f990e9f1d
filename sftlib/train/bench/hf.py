# One fine-tuning with Hugging Face's Trainer, from CSV to accuracy on the evaluation set; prints a line of JSON.
# Time counts from after the imports. Runs with transformers 5.17 and later.
import csv, json, os, sys, time
os.environ.setdefault("HF_HUB_OFFLINE", "1")
import numpy as np, torch, transformers
from transformers import AutoTokenizer, AutoModelForSequenceClassification, DataCollatorWithPadding, Trainer, TrainingArguments

transformers.logging.set_verbosity_error()
spec = json.loads(sys.argv[1])
torch.set_num_threads(spec["threads"])
start = time.time()
transformers.set_seed(spec["seed"])


def read(path, texts, labels):
    with open(path, encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    return [r[texts] for r in rows], [r[labels] for r in rows]


train_x, train_y = read(spec["train"], spec["text"], spec["label"])
val_x, val_y = read(spec["val"], spec["text"], spec["label"])
names = spec["labels"]
ids = {n: i for i, n in enumerate(names)}
tok = AutoTokenizer.from_pretrained(spec["model"])
model = AutoModelForSequenceClassification.from_pretrained(spec["model"], num_labels=len(names), dtype=torch.float32)


class Data(torch.utils.data.Dataset):
    def __init__(self, x, y):
        e = tok(x, truncation=True, max_length=spec["max_length"])
        self.rows = [{"input_ids": i, "token_type_ids": t, "attention_mask": m, "labels": ids[l]}
                     for i, t, m, l in zip(e["input_ids"], e["token_type_ids"], e["attention_mask"], y)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]

    def __iter__(self):
        return iter(self.rows)


train, val = Data(train_x, train_y), Data(val_x, val_y)
more = {"train_sampling_strategy": "group_by_length"} if spec["grouped"] else {}
if spec["device"] == "cuda":
    more["tf32"] = spec["tf32"]
else:
    more["use_cpu"] = True
args = TrainingArguments(output_dir=spec["out"], per_device_train_batch_size=spec["batch"], per_device_eval_batch_size=64,
                         num_train_epochs=spec["epochs"], max_steps=spec["max_steps"] or -1, warmup_steps=spec["warmup"], weight_decay=0.01,
                         learning_rate=spec["lr"], seed=spec["seed"], save_strategy="no", report_to=[], disable_tqdm=True, logging_strategy="no", **more)
trainer = Trainer(model=model, args=args, train_dataset=train, eval_dataset=val, data_collator=DataCollatorWithPadding(tok),
                  compute_metrics=lambda p: {"accuracy": float((np.argmax(p.predictions, -1) == p.label_ids).mean())})
t = time.time()
steps = trainer.train().global_step
trained = time.time() - t
t = time.time()
report = trainer.evaluate()
done = time.time()
trainer.predict(val)
device = str(args.device)
if args.device.type == "cuda":
    device += " (%s)" % torch.cuda.get_device_name()
print("RESULT " + json.dumps({"Total": done - start, "Train": trained, "Eval": done - t, "Predict": time.time() - done, "Accuracy": report["eval_accuracy"], "Loss": report["eval_loss"], "Steps": steps,
                              "Device": "%s, torch %s, transformers %s" % (device, torch.__version__, transformers.__version__)}))
