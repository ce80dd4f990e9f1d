"""TF-IDF with logistic regression by scikit-learn on the texts of argv[1], for parity_test.go."""
import json, sys
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

q = json.load(open(sys.argv[1]))
o = q["options"]
if "ngram_range" in o:
    o["ngram_range"] = tuple(o["ngram_range"])
v = TfidfVectorizer(**o)
X = v.fit_transform(q["train"]); X.sort_indices()
m = not q["fit"] or LogisticRegression(tol=1e-8, max_iter=10000).fit(X, q["y"])
json.dump({"vocabulary": list(v.get_feature_names_out()), "start": X.indptr.tolist(), "index": X.indices.tolist(), "values": X.data.tolist(),
           "proba": m.predict_proba(v.transform(q["test"]))[:, 1].tolist() if q["fit"] else []}, sys.stdout)
