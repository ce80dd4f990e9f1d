"""Times scikit-learn beside the package: reads lines "task", prints seconds. argv[1] holds the texts; "data" prints the arrays."""
import json, sys, time, warnings
import numpy as np
from sklearn import datasets, linear_model, svm, tree, ensemble, neighbors, naive_bayes, preprocessing
from sklearn.feature_extraction.text import TfidfVectorizer
warnings.filterwarnings("ignore")

texts = json.load(open(sys.argv[1]))
sets = {n: getattr(datasets, "load_" + n)(return_X_y=True) for n in ["breast_cancer", "diabetes", "digits"]}
digits, dy = sets["digits"]; S = preprocessing.StandardScaler().fit_transform(digits)
bc, by = sets["breast_cancer"]; B = preprocessing.StandardScaler().fit_transform(bc)
db, dby = sets["diabetes"]
r = np.random.default_rng(0)
W = r.normal(size=(20000, 50)); wy = W @ r.normal(size=50) + r.normal(size=20000)
T = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(texts["sst2"]); ty = texts["y"]
tasks = {
    "LinearRegression": lambda: linear_model.LinearRegression().fit(W, wy),
    "Ridge": lambda: linear_model.Ridge().fit(W, wy),
    "LogisticRegression, two classes": lambda: linear_model.LogisticRegression().fit(B, by),
    "LogisticRegression, ten classes": lambda: linear_model.LogisticRegression().fit(S, dy),
    "LogisticRegression, sparse": lambda: linear_model.LogisticRegression().fit(T, ty),
    "SVC, RBF": lambda: svm.SVC().fit(S, dy).predict(S),
    "SVC, linear": lambda: svm.SVC(kernel="linear").fit(S, dy).predict(S),
    "DecisionTree": lambda: tree.DecisionTreeClassifier().fit(digits, dy),
    "DecisionTreeRegressor": lambda: tree.DecisionTreeRegressor().fit(db, dby),
    "RandomForest": lambda: ensemble.RandomForestClassifier(n_jobs=-1).fit(digits, dy).predict(digits),
    "RandomForestRegressor": lambda: ensemble.RandomForestRegressor(n_jobs=-1).fit(db, dby).predict(db),
    "KNeighbors": lambda: neighbors.KNeighborsClassifier().fit(S, dy).predict(S),
    "MultinomialNB": lambda: naive_bayes.MultinomialNB().fit(T, ty).predict(T),
    "TFIDF of words": lambda: TfidfVectorizer(ngram_range=(1, 2)).fit_transform(texts["sst2"]),
    "TFIDF of characters": lambda: TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).fit_transform(texts["waimai"]),
}
for line in sys.stdin:
    task = line.strip()
    if task == "data":
        print(json.dumps({"S": S.tolist(), "digits": digits.tolist(), "dy": dy.tolist(), "B": B.tolist(), "by": by.tolist(),
                          "db": db.tolist(), "dby": dby.tolist(), "W": W.tolist(), "wy": wy.tolist()}), flush=True)
        continue
    begin = time.perf_counter(); tasks[task](); print(time.perf_counter() - begin, flush=True)
