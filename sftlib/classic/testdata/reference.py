"""Fits scikit-learn's models on its own data sets and prints data and results as JSON, for parity_test.go."""
import json, sys, warnings
import numpy as np
from sklearn import calibration, datasets, linear_model, svm, tree, ensemble, neighbors, naive_bayes, preprocessing, model_selection
warnings.filterwarnings("ignore")

out = {"data": {}, "fits": {}}
for name in ["iris", "wine", "breast_cancer", "diabetes", "digits"]:
    X, y = getattr(datasets, "load_" + name)(return_X_y=True)
    out["data"][name] = {"X": X.tolist(), "y": y.tolist()}

def scaled(X):
    return preprocessing.StandardScaler().fit_transform(X)

def put(key, **values):
    out["fits"][key] = {k: (v.tolist() if isinstance(v, (np.ndarray, np.floating, np.integer)) else v) for k, v in values.items()}

X, y = datasets.load_diabetes(return_X_y=True)
m = linear_model.LinearRegression().fit(X, y)
put("LinearRegression diabetes", coef=m.coef_, intercept=m.intercept_, score=m.score(X, y))
D = np.hstack([X, X[:, :2] * 2])  # columns that depend on each other
m = linear_model.LinearRegression().fit(D, y)
put("LinearRegression dependent", coef=m.coef_, intercept=m.intercept_)
for alpha in [0.1, 1.0, 10.0]:
    m = linear_model.Ridge(alpha=alpha, solver="cholesky").fit(X, y)
    put(f"Ridge diabetes {alpha}", coef=m.coef_, intercept=m.intercept_, score=m.score(X, y))
m = linear_model.Ridge(alpha=1.0).fit(X[:8], y[:8])
put("Ridge wide", coef=m.coef_, intercept=m.intercept_)
put("cv Ridge diabetes", scores=model_selection.cross_val_score(linear_model.Ridge(), X, y, cv=5))
m = tree.DecisionTreeRegressor(max_depth=3).fit(X, y)
put("DecisionTreeRegressor diabetes", predict=m.predict(X), importances=m.feature_importances_, leaves=m.get_n_leaves())
m = neighbors.KNeighborsRegressor().fit(X, y)
put("KNeighborsRegressor diabetes", predict=m.predict(X))
m = neighbors.KNeighborsRegressor(n_neighbors=7, weights="distance").fit(X[:300], y[:300])
put("KNeighborsRegressor distance", predict=m.predict(X))
forest = [model_selection.cross_val_score(ensemble.RandomForestRegressor(random_state=s, n_jobs=-1), X, y, cv=5).mean() for s in range(1)]
put("RandomForestRegressor diabetes", score=float(np.mean(forest)))

for name in ["iris", "wine", "breast_cancer", "digits"]:
    X, y = getattr(datasets, "load_" + name)(return_X_y=True)
    S = scaled(X)
    put(f"StandardScaler {name}", X=S)
    for C in [0.1, 1.0] if name != "digits" else [0.1]:
        m = linear_model.LogisticRegression(C=C, tol=1e-8, max_iter=100000).fit(S, y)
        put(f"LogisticRegression {name} {C}", coef=m.coef_, intercept=m.intercept_, proba=m.predict_proba(S), predict=m.predict(S))
    m = linear_model.LogisticRegression().fit(S, y)
    put(f"LogisticRegression {name} default", predict=m.predict(S))
    m = linear_model.LogisticRegression(C=0.1, class_weight="balanced", tol=1e-8, max_iter=100000).fit(S, y)
    put(f"LogisticRegression {name} balanced", proba=m.predict_proba(S))
    for kernel in ["linear", "rbf"]:
        m = svm.SVC(kernel=kernel, tol=1e-8).fit(S, y)
        d = m.decision_function(S)
        put(f"SVC {name} {kernel}", decision=d.reshape(len(S), -1), predict=m.predict(S), support=m.support_, nsupport=m.n_support_)
        m = calibration.CalibratedClassifierCV(svm.SVC(kernel=kernel, class_weight="balanced", tol=1e-8), ensemble=False).fit(S, y)
        put(f"SVC {name} {kernel} probability", proba=m.predict_proba(S))
        m = svm.SVC(kernel=kernel).fit(X, y)
        put(f"SVC {name} {kernel} default", predict=m.predict(X))
    m = naive_bayes.MultinomialNB().fit(X, y)
    put(f"MultinomialNB {name}", proba=m.predict_proba(X), predict=m.predict(X), feature_log_prob=m.feature_log_prob_)
    for w in ["uniform", "distance"]:
        m = neighbors.KNeighborsClassifier(weights=w).fit(S[::2], y[::2])
        put(f"KNeighbors {name} {w}", proba=m.predict_proba(S))
    for c in ["gini", "entropy"]:
        m = tree.DecisionTreeClassifier(max_depth=3, criterion=c, random_state=0).fit(X, y)
        put(f"DecisionTree {name} {c}", score=m.score(X, y), leaves=m.get_n_leaves(), impurity=m.tree_.impurity[0],
            threshold=m.tree_.threshold[0], feature=int(m.tree_.feature[0]), proba=m.predict_proba(X))
    if name != "digits":
        put(f"cv LogisticRegression {name}", scores=model_selection.cross_val_score(linear_model.LogisticRegression(tol=1e-8, max_iter=100000), S, y, cv=5))
    put(f"cv DecisionTree {name}", score=float(np.mean([model_selection.cross_val_score(tree.DecisionTreeClassifier(random_state=s), X, y, cv=5).mean() for s in range(5)])))
    put(f"RandomForest {name}", score=float(np.mean([model_selection.cross_val_score(ensemble.RandomForestClassifier(random_state=s, n_jobs=-1), X, y, cv=5).mean() for s in range(1)])),
        importances=ensemble.RandomForestClassifier(random_state=0, n_estimators=200, n_jobs=-1).fit(X, y).feature_importances_)
json.dump(out, sys.stdout)
