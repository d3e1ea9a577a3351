"""What the good clients of a soak ask: every route, in each of its media types, and what it refuses.

A request is (method, target, headers, body, status); `status` is what a quiet daemon must answer.
"""

import io
import json
import struct

JSON = {"Content-Type": "application/json"}


def npy(descr, shape, items):
    """A .npy file, format version 1.0 (numpy.lib.format)."""
    head = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (descr, "".join("%d, " % size for size in shape))
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + items


def post(target, body, status=200, **headers):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ("POST", target, {**JSON, **headers}, text, status)


def get(target, status=200, **headers):
    return ("GET", target, headers, None, status)


def array(target, body):
    return ("POST", target, {"Content-Type": "application/x-npy"}, body, 200)


def of_model(model):
    """Requests whose answers depend on one model, named; of several, "a,b"."""
    several = "," in model
    m = "model=" + model
    octets = {"Accept": "application/octet-stream"}
    binary = {"Accept": "application/x-npy"}
    asked = [
        get("/vector?word=the&" + m),
        get("/vector?word=the&" + m, **binary),
        get("/vector?word=n%C3%B6such&oov=zero&" + m),
        get("/vector?word=thee-not&" + m, 404),
        get("/vectors?word=the&word=nosuch&word=of&" + m),
        post("/vectors", {"words": [["the", "of"], ["nosuch"]], "model": model, "oov": "zero"}, **octets),
        post("/vectors", {"words": ["the", {"word_bytes": "%FF%FE"}], "model": model, "case": "fold"}),
        get("/neighbors?word=the&k=3&" + m),
        get("/neighbors?positive=the&positive=of&negative=and&k=5&" + m),
        get("/neighbors?word=thee-not&" + m, 404),
        post("/neighbors", {"queries": [{"word": "the"}, {"word": "nosuch"}, {"word": "of", "k": 2}], "model": model}),
        post("/analogy", {"a": "the", "b": "of", "c": "and", "k": 2, "model": model}),
        get("/rank?word=the&other=of&" + m),
        get("/closer-than?word=the&than=of&limit=3&" + m),
        get("/similarity?word=the&other=of&" + m),
        post("/similarity", {"words": ["the", "of", "and"], "others": ["he", "she"], "model": model}, **binary),
        get("/mean?word=the&word=of&" + m),
        get("/doesnt-match?word=the&word=of&word=and&" + m),
        post("/v1/embeddings", {"model": model, "input": ["the man of the house", "and"]}),
        post("/v1/embeddings", {"model": model, "input": "the", "encoding_format": "base64"}),
    ]
    if several:
        return asked
    return asked + [
        get("/vector?index=7&" + m),
        get("/vector?index=999999&" + m, 404),
        get("/index?word=of&" + m),
        get("/word?index=5&" + m),
        get("/words?prefix=th&limit=4&" + m),
        get("/models/" + model),
        get("/v1/models/" + model),
        post("/lookup", {"indices": [[0, 1, 2], [3]], "model": model}),
        post("/lookup", {"indices": [5, 4], "model": model}, **octets),
        post("/lookup", {"indices": [0, 999999], "model": model}, 422),
        array("/lookup?" + m, npy("<i4", (2, 2), struct.pack("<4i", 0, 1, 2, 3))),
        post("/matrix", {"words": ["the", "of", "nosuch"], "oov": "zero", "model": model, "layout": "keras"}),
        get("/matrix?format=npy&" + m),
        post("/v1/embeddings", {"model": model, "input": [[0, 1], [2]]}),
        get("/word2vec/similarity?w1=the&w2=of&" + m),
        get("/word2vec/most_similar?positive=the&topn=2&" + m),
        get("/word2vec/model?word=the&" + m),
        get("/word2vec/model_word_set?" + m),
        ("HEAD", "/vector?word=the&" + m, {}, None, 200),
    ]


def of_none():
    """Requests that no model answers: always the same, or judged by their status alone."""
    deep = b'{"words":' + b"[" * 100 + b"]" * 100 + b"}"
    return [
        get("/livez"),
        get("/openapi.json"),
        get("/nosuch", 404),
        get("/vector?model=alpha&word=the&colour=red", 400),
        get("/vector?model=alpha", 400),
        get("/vector?model=alpha&word=the", 406, Accept="text/html"),
        get("/vector?word=%zz", 400),
        get("/vector?" + "&".join("word=%d" % i for i in range(300)), 414),
        get("/vector?word=" + "x" * 9000, 414),
        ("PUT", "/vector?word=the", {}, None, 405),
        post("/lookup", {"indices": [0.5], "model": "alpha"}, 422),
        post("/neighbors", {"word": "the", "k": 0, "model": "alpha"}, 422),
        post("/vectors", b'{"words":["\\ud800"]}', 400),
        post("/vectors", b'{"words":["a"],"words":["b"]}', 400),
        post("/vectors", b'{"words":[', 400),
        post("/vectors", deep, 400),
        post("/lookup", b"x" * 2000000, 413),
        ("POST", "/lookup", {"Content-Type": "text/plain"}, b"{}", 415),
    ]


def changing():
    """Answers that change by themselves, judged by their status."""
    return [get("/readyz"), get("/vector?word=the&model=none", 404), get("/models"), get("/v1/models"), get("/info"), get("/metrics")]


def forget(body, media_type):
    """What may be compared of an answer: suggestions are left out when there are too many who want some."""
    if media_type == "application/problem+json":
        problem = json.load(io.BytesIO(body))
        problem.pop("suggestions", None)
        return json.dumps(problem).encode()
    return body
