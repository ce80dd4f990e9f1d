"""What scikit-learn makes of small and odd inputs, as JSON, for corners_test.go."""
import json, sys, warnings
import numpy as np
from sklearn import datasets, linear_model, svm, tree, neighbors, naive_bayes, preprocessing, model_selection
from sklearn.feature_extraction.text import TfidfVectorizer
warnings.filterwarnings("ignore")

out = {"numbers": {}, "texts": {}}
def plain(v):
    return v.tolist() if hasattr(v, "tolist") else v
def put(key, X, y, at, **values):
    out["numbers"][key] = {"X": plain(X), "y": plain(y), "at": plain(at), **{k: plain(v) for k, v in values.items()}}

r = np.random.default_rng(3)
base = r.normal(size=(40, 2)).round(2)
sets = {
    "a constant feature": (np.hstack([base, np.full((40, 1), 5.0)]), (base[:, 0] + r.normal(size=40) > 0).astype(int)),
    "rows twice, labels that contradict": (np.vstack([base, base]), np.r_[(base[:, 0] > 0), (base.sum(axis=1) > 0)].astype(int)),
    "three classes, one of two rows": (base, np.r_[np.zeros(20), np.ones(18), np.full(2, 7)].astype(int)),
    "separable": (base[np.abs(base[:, 0]) > .3], (base[np.abs(base[:, 0]) > .3][:, 0] > 0).astype(int)),
    "one feature": (base[:, :1], (base[:, 0] > .2).astype(int)),
    "large numbers": (base * 1e6 + 1e9, (base[:, 0] + r.normal(size=40) > 0).astype(int)),
}
for name, (X, y) in sets.items():
    at = np.vstack([X[:10] * 1.1, X[10:15]])
    S = preprocessing.StandardScaler().fit(X)
    put(f"StandardScaler, {name}", X, y, at, values=S.transform(at))
    Z = S.transform(X); zat = S.transform(at)
    for weight in [None, "balanced"]:
        m = linear_model.LogisticRegression(C=2, class_weight=weight, tol=1e-9, max_iter=100000).fit(Z, y)
        put(f"LogisticRegression, {name}, {weight}", Z, y, zat, values=m.predict_proba(zat), labels=m.predict(zat))
        for kernel in ["linear", "rbf"]:
            m = svm.SVC(kernel=kernel, C=10, class_weight=weight, tol=1e-9).fit(Z, y)
            put(f"SVC {kernel}, {name}, {weight}", Z, y, zat, values=m.decision_function(zat).reshape(len(zat), -1), labels=m.predict(zat))
        m = tree.DecisionTreeClassifier(max_depth=1, class_weight=weight, random_state=0).fit(Z, y)
        put(f"DecisionTree, {name}, {weight}", Z, y, zat, values=m.predict_proba(zat), labels=m.predict(zat))
    m = linear_model.LogisticRegression(C=2, fit_intercept=False, tol=1e-9, max_iter=100000).fit(Z, y)
    put(f"LogisticRegression through the origin, {name}", Z, y, zat, values=m.predict_proba(zat), labels=m.predict(zat))
    for w in ["uniform", "distance"]:
        m = neighbors.KNeighborsClassifier(n_neighbors=len(Z), weights=w).fit(Z, y)
        put(f"KNeighbors of all, {name}, {w}", Z, y, zat, values=m.predict_proba(zat), labels=m.predict(zat))
    m = naive_bayes.MultinomialNB(alpha=1e-3).fit(np.abs(Z), y)
    put(f"MultinomialNB, {name}", np.abs(Z), y, np.abs(zat), values=m.predict_proba(np.abs(zat)), labels=m.predict(np.abs(zat)))
    t = X @ np.arange(1, X.shape[1] + 1) + 3
    put(f"LinearRegression, {name}", X, t, at, values=linear_model.LinearRegression().fit(X, t).predict(at))
    put(f"LinearRegression through the origin, {name}", X, t, at, values=linear_model.LinearRegression(fit_intercept=False).fit(X, t).predict(at))
    put(f"Ridge, {name}", Z, t, zat, values=linear_model.Ridge(alpha=3).fit(Z, t).predict(zat))
    put(f"DecisionTreeRegressor, {name}", Z, t, zat, values=tree.DecisionTreeRegressor(max_depth=2, random_state=0).fit(Z, t).predict(zat))
    put(f"KNeighborsRegressor, {name}", Z, t, zat, values=neighbors.KNeighborsRegressor(n_neighbors=3, weights="distance").fit(Z, t).predict(zat))
# Votes that are equal: the first class wins.
m = neighbors.KNeighborsClassifier(n_neighbors=2).fit([[0], [1], [2], [3]], [1, 0, 1, 0])
put("KNeighbors, votes that are equal", [[0], [1], [2], [3]], [1, 0, 1, 0], [[.4], [1.6], [2.6]], values=m.predict_proba([[.4], [1.6], [2.6]]), labels=m.predict([[.4], [1.6], [2.6]]))
m = linear_model.LinearRegression().fit(base[:2] @ np.ones((2, 5)) + np.eye(2, 5), [1, 2])
put("LinearRegression, more columns than rows", base[:2] @ np.ones((2, 5)) + np.eye(2, 5), [1, 2], np.eye(5), values=m.predict(np.eye(5)))
m = linear_model.LogisticRegression(C=np.inf, tol=1e-9, max_iter=100000).fit(*sets["rows twice, labels that contradict"])
put("LogisticRegression without a penalty", *sets["rows twice, labels that contradict"], base, values=m.predict_proba(base), labels=m.predict(base))

X, y = datasets.load_iris(return_X_y=True)
g = model_selection.GridSearchCV(svm.SVC(), {"C": [.1, 1, 10], "gamma": [.01, .1, 1]}, cv=5).fit(X, y)
put("GridSearch of SVC, iris", X, y, [], values=sorted(g.cv_results_["mean_test_score"]), best=[g.best_params_["C"], g.best_params_["gamma"], g.best_score_])

texts = ["the good film , a good film", "", "İstanbul ΣΑΣ ΟΔΟΣ STRASSE straße", "a é\u0301x 1² ½a _x x_y it's don't", "हिन्दी ไทย 我爱Go语言 \u3000 好吃!",
         "bad film\t\tbad   plot", "...", "the the the end", "GOOD good Good", "a", "one two three four five six"]
for key, options in {
    "words": {}, "words, sublinear": {"sublinear_tf": True}, "words, min_df 2": {"min_df": 2}, "words, max_df 0.25": {"max_df": .25},
    "words, ngrams 1 to 3": {"ngram_range": (1, 3)}, "words, ngrams 2": {"ngram_range": (2, 2)}, "words, 4 features": {"max_features": 4}, "words, capitals": {"lowercase": False},
    "words, no idf": {"use_idf": False}, "words, no norm": {"norm": None}, "words, stop words": {"stop_words": ["the", "film"], "ngram_range": (1, 2)},
    "char": {"analyzer": "char"}, "char 1 to 3": {"analyzer": "char", "ngram_range": (1, 3)}, "char_wb 1 to 4": {"analyzer": "char_wb", "ngram_range": (1, 4)},
    "char_wb 3": {"analyzer": "char_wb", "ngram_range": (3, 3), "sublinear_tf": True, "min_df": 2},
}.items():
    m = TfidfVectorizer(**options)
    X = m.fit_transform(texts)
    out["texts"][key] = {"texts": texts, "vocabulary": m.get_feature_names_out().tolist(), "values": X.toarray().tolist(),
                         "other": m.transform(["", "a new good plot", "我 film"]).toarray().tolist()}
json.dump(out, sys.stdout)
