"""What python3 does in the malloc benchmark: syntax trees, documents to text and back, tables of small objects. Python
is told to use malloc for all of them.
"""
import ast
import json

FUNCTION = """
def f{0}(a, b=({0}, 'x')):
    return [a * j + {0} for j in range(b[0])] if a else {{'k{0}': a}}
"""


def syntax_trees():
    source = "".join(FUNCTION.format(i) for i in range(600))
    for _ in range(2):
        tree = ast.parse(source)
        assert sum(1 for _ in ast.walk(tree)) > 10000
        ast.dump(tree)


def documents():
    document = {f"key{i}": [{"id": j, "name": f"name {j}", "value": i / (j + 1), "text": "x" * (j * 7 % 50)}
                            for j in range(8)] for i in range(4000)}
    for _ in range(2):
        assert json.loads(json.dumps(document)) == document


def tables():
    places = {}
    for i in range(250000):
        places.setdefault(f"word {i * 7919 % 50021}", []).append((i, str(i)))
    assert len(places) == 50021


syntax_trees()
documents()
tables()
