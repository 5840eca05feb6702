#!/usr/bin/env python3
"""Gold facts found, by construction of the caption.

  constructions.py EVALUATORS GOLD.csv PREDICTED.jsonl [PREDICTED.jsonl ...]

EVALUATORS is the folder with score_graphs.py, whose normal forms of names are used. A fact of a
construction counts as found if a predicted fact has the same names and the same attribute or
relation. Prints a line a construction: how many gold facts, and the share found by each file.
"""
import csv, json, re, sys

sys.path.insert(0, sys.argv[1])
from score_graphs import canon, light_phrase, norm_attr, norm_rel, parse_graph

PREPOSITIONS = set("""in on at by with of to from under over above below behind beside near inside into onto through
across along around between against off down up next front top out within toward towards underneath beneath""".split())
COLOURS = set("red green blue white black brown yellow orange purple pink grey gray tan beige gold silver".split())
NUMBERS = set("2 3 4 5 6 7 8 9 10 11 12 two three four five six seven eight nine ten both".split())


def normal(fact):
    kind, *parts = fact
    if kind == "o":
        return (kind, light_phrase(parts[0]))
    if kind == "a":
        return (kind, light_phrase(parts[0]), norm_attr(parts[1]))
    return (kind, light_phrase(parts[0]), norm_rel(parts[1]), light_phrase(parts[2]))


def constructions(caption, fact):
    """The constructions that a gold fact of a caption belongs to."""
    words = caption.lower().split()
    text = " " + " ".join(words) + " "
    kind, *parts = fact
    if kind == "a":
        thing, quality = parts
        if quality.split()[-1:] == ["of"]:
            yield "partitive or measure (group of)"
        if quality in NUMBERS:
            yield "number"
        if quality.split()[-1] in COLOURS and " " in quality:
            yield "shaded colour (dark brown)"
        if re.search(rf"\b(is|are|was|were)\b[^.]*\b{re.escape(quality.split()[-1])}\b", text):
            yield "copula (the sky is blue)"
        if re.search(rf"\b{re.escape(quality)}\b (and|,) ", text) or re.search(rf"(and|,) {re.escape(quality)}\b", text):
            yield "coordinated quality"
        if re.fullmatch(r"[a-z]+(ed|ing|en)", quality):
            yield "participle as attribute"
    if kind == "r":
        subject, label, other = parts
        first, *rest = label.split()
        if first in PREPOSITIONS and not rest:
            yield "simple preposition"
        if first in PREPOSITIONS and rest:
            yield "complex preposition (on top of)"
        if first not in PREPOSITIONS and first != "have" and not rest:
            yield "verb with object"
        if first not in PREPOSITIONS and len(rest) == 1:
            yield "verb with preposition (sit on)"
        if first not in PREPOSITIONS and len(rest) > 1:
            yield "verb with particle and preposition"
        if "'s" in words and first == "have":
            yield "possessive"
        if re.search(r"\b[a-z]+(ed|en|own) (by|with) ", text) and first not in PREPOSITIONS | {"have"}:
            yield "passive with by or with"
        if re.search(r"\b(who|that|which)\b", text):
            yield "relative clause"
        if " of " in text and label == "have":
            yield "of (the leg of the man)"
        if " and " in text:
            yield "coordination in the caption"
    names = [parts[0]] if kind != "r" else [parts[0], parts[2]]
    if any(" " in name for name in names):
        yield "compound name"


def main():
    with open(sys.argv[2], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    systems = [[json.loads(line)["triples"] for line in open(path, encoding="utf-8")] for path in sys.argv[3:]]
    counts = {}
    for index, row in enumerate(rows):
        found = [{normal(fact) for fact in canon(system[index])} for system in systems]
        for fact in canon(parse_graph(row["scene_graph"].lower())):
            for name in set(constructions(row["caption"], fact)):
                count = counts.setdefault(name, [0] * (1 + len(systems)))
                count[0] += 1
                for place, facts in enumerate(found, 1):
                    count[place] += normal(fact) in facts
    for name, (total, *right) in sorted(counts.items(), key=lambda item: -item[1][0]):
        print(f"{name:36} {total:5} " + " ".join(f"{100 * count / total:6.1f}" for count in right))


main()
