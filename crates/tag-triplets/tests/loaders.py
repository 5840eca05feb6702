"""Loads triplets with the programs that people train with, and compares them with what was written.

    loaders.py CHECK FOLDER EXPECTED

EXPECTED is a JSON list of what was written. Exits with 77 if the program is not installed.
"""

import glob
import json
import os
import sys
import tempfile

TEXT_KEYS = ["image_id", "captions", "caption_tags", "image_tags", "width", "height", "split"]
TAG_COUNT = 60


def shards(folder, pattern):
    return sorted(glob.glob(os.path.join(folder, pattern)))


def plain(value):
    """Numpy's and pandas' values as Python's own."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return None if value is None or value != value else value


def check_rows(rows, expected):
    rows = [plain(row) for row in rows]
    assert len(rows) == len(expected), (len(rows), len(expected))
    for row, triplet in zip(rows, expected):
        for key in TEXT_KEYS:
            assert row[key] == triplet[key], (key, row[key], triplet[key])
        for key in ["image_path", "url"]:
            assert row.get(key) == triplet.get(key), (key, row)
        if "image" in triplet:
            assert row["image"]["bytes"] == bytes.fromhex(triplet["image"]["bytes"])
            assert row["image"]["path"].endswith("." + triplet["image"]["extension"])


def pandas(folder, expected):
    import pandas

    frame = pandas.concat([pandas.read_parquet(file) for file in shards(folder, "*.parquet")])
    check_rows(frame.to_dict("records"), expected)


def polars(folder, expected):
    import polars

    check_rows(polars.read_parquet(os.path.join(folder, "*.parquet")).to_dicts(), expected)


def duckdb(folder, expected):
    import duckdb

    table = duckdb.sql(f"select * from '{folder}/*.parquet' order by filename, file_row_number")
    rows = [dict(zip(table.columns, row)) for row in table.fetchall()]
    check_rows(rows, expected)


def datasets(folder, expected):
    os.environ["HF_HUB_OFFLINE"] = "1"
    import datasets

    with tempfile.TemporaryDirectory() as cache:
        loaded = datasets.load_dataset(folder, cache_dir=cache)
        assert list(loaded) == ["train"], loaded
        loaded = loaded["train"]
        if "image" in expected[0]:
            # The column is one of images without anybody saying so.
            assert loaded.features["image"] == datasets.Image(), loaded.features
            loaded = loaded.cast_column("image", datasets.Image(decode=False))
        check_rows(list(loaded), expected)


def webdataset(folder, expected):
    import webdataset

    samples = list(webdataset.WebDataset(shards(folder, "train/*.tar"), shardshuffle=False))
    assert len(samples) == len(expected), (len(samples), len(expected))
    assert len({sample["__key__"] for sample in samples}) == len(expected)
    rows = []
    for sample, triplet in zip(samples, expected):
        row = json.loads(sample["json"])
        assert sample["txt"].decode() == triplet["captions"][0]
        if "image" in triplet:
            extension = triplet["image"]["extension"]
            row["image"] = {"bytes": sample[extension], "path": sample["__key__"] + "." + extension}
        rows.append(row)
    check_rows(rows, expected)


class RecognizeAnything:
    """What recognize-anything trains from, after the description of its data."""

    def __init__(self, files, root):
        self.items = [item for file in files for item in json.load(open(file, encoding="utf-8"))]
        self.root = root

    def get(self, index, caption_index):
        item = self.items[index]
        with open(os.path.join(self.root, item["image_path"]), "rb") as file:
            image = [len(file.read())]
        caption = item["caption"][caption_index]
        union = self.tags(item.get("union_label_id"))
        return image, caption, union, self.tags(item["parse_label_id"][caption_index])

    @staticmethod
    def tags(ids):
        return None if ids is None else [int(tag in ids) for tag in range(TAG_COUNT)]


def collate(batch):
    """What torch's default collate does, in a stack of lists for a stack of tensors."""
    first = batch[0]
    if isinstance(first, (str, int, float)):
        return batch
    if isinstance(first, (list, tuple)):
        if any(len(item) != len(first) for item in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return [collate(list(column)) for column in zip(*batch)]
    raise TypeError(f"batch must contain numbers, strings or lists; found {type(first)}")


def recognize_anything(folder, expected):
    lists = [file for file in shards(folder, "train*.json") if not file.endswith(".index.json")]
    data = RecognizeAnything(lists, folder)
    try:
        from torch.utils.data import default_collate
    except Exception:
        default_collate = collate
    assert len(data.items) == len(expected)
    for index, triplet in enumerate(expected):
        loaded = [data.get(index, number) for number in range(len(triplet["captions"]))]
        default_collate(loaded)
        for (image, caption, union, parsed), number in zip(loaded, range(len(loaded))):
            assert image == [len(triplet["image"]["bytes"]) // 2]
            assert caption == triplet["captions"][number]
            assert union == RecognizeAnything.tags(triplet["image_tags"])
            assert parsed == RecognizeAnything.tags(triplet["caption_tags"][number])
    default_collate([data.get(index, 0) for index in range(len(expected))])
    check_evaluation(folder, expected)


def check_evaluation(folder, expected):
    """The files that its evaluation reads, by its rules: lines, commas, tags by name or id."""
    lines = lambda name: open(os.path.join(folder, f"train_{name}.txt"), encoding="utf-8").read().splitlines()
    names, ids = lines("taglist"), lines("tagidlist")
    assert len(names) == TAG_COUNT and ids == [str(number) for number in range(TAG_COUNT)]
    assert len(lines("annots")) == len(lines("idannots")) == len(expected)
    for by_name, by_id, triplet in zip(lines("annots"), lines("idannots"), expected):
        image, *tags = by_id.split(",")
        extension = triplet["image"]["extension"]
        assert os.path.exists(os.path.join(folder, image + (".jpg" if extension == "jpg" else "")))
        assert [int(tag) for tag in tags] == triplet["image_tags"]
        assert by_name.split(",") == [image] + [names[tag] for tag in triplet["image_tags"]]


if __name__ == "__main__":
    _, check, folder, expected = sys.argv
    # So that "import pandas" finds the package, whatever lies beside this file.
    sys.path.pop(0)
    try:
        globals()[check](folder, json.load(open(expected, encoding="utf-8")))
    except ModuleNotFoundError as missing:
        print(f"skipped: {missing}")
        sys.exit(77)
