"""Records tests/encoder/goldens.json: what sentence-transformers makes of some texts.

    python record_goldens.py FOLDER-OF-ALL-MINILM-L6-V2 > encoder/goldens.json

Recorded with sentence-transformers 2.2.2, transformers 4.33.3, torch 1.13.1, on a CPU. The weights of the tiny
model are made by `number`, here and in tests/encoder/tiny.rs, so that no weights need to be kept.
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer, models
from transformers import BertConfig, BertModel, BertTokenizer

PIECES = "[PAD] [UNK] [CLS] [SEP] [MASK] a the red big dog house cafe run ##s ##n ##ing in near ! , ##r".split()
TINY_TEXTS = [
    "red dog",
    "Dogs!",
    "",
    "Café, running",
    "zebra in the house",
    "the [SEP] dog",
    "a big red dog runs in the big red house near a cafe",
]
MINILM_TEXTS = ["dog", "sofa", "couch", "", "sit on top of", "Crème brûlée, two-tone!", "a photo of a city street " * 60]
SIZES = {
    "vocab_size": len(PIECES),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "max_position_embeddings": 12,
    "type_vocab_size": 2,
}


def number(tensor, place):
    """From -1 to 1 in steps of a thousandth."""
    state = (tensor * 1_000_003 + place) * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407
    return ((state % 2**64 >> 33) % 2001 - 1000) / 1000


def weights(model):
    """The tensors in the order of their names."""
    state = model.state_dict()
    names = sorted(name for name in state if name != "embeddings.position_ids")
    for tensor, name in enumerate(names):
        shape = state[name].shape
        numbers = torch.tensor([number(tensor, place) for place in range(shape.numel())]).reshape(shape)
        if name.endswith("LayerNorm.weight"):
            numbers = 1 + numbers / 4
        elif name.endswith("bias"):
            numbers = numbers / 4
        state[name] = numbers
    return state


def tiny(folder):
    model = BertModel(BertConfig(**SIZES), add_pooling_layer=False)
    model.load_state_dict(weights(model))
    model.save_pretrained(folder)
    vocabulary = Path(folder, "vocab.txt")
    vocabulary.write_text("".join(f"{piece}\n" for piece in PIECES))
    BertTokenizer(str(vocabulary)).save_pretrained(folder)
    transformer = models.Transformer(folder, max_seq_length=10)
    modules = [transformer, models.Pooling(SIZES["hidden_size"]), models.Normalize()]
    return SentenceTransformer(modules=modules, device="cpu")


def main():
    with tempfile.TemporaryDirectory() as folder:
        vectors = tiny(folder).encode(TINY_TEXTS).tolist()
    minilm = SentenceTransformer(sys.argv[1], device="cpu").encode(MINILM_TEXTS)
    goldens = {
        "tiny": [{"text": text, "vector": vector} for text, vector in zip(TINY_TEXTS, vectors, strict=True)],
        # The first numbers, and the cosines with all of the texts.
        "minilm": [
            {"text": text, "vector": vector[:8].tolist(), "cosines": (minilm @ vector).tolist()}
            for text, vector in zip(MINILM_TEXTS, minilm, strict=True)
        ],
    }
    json.dump(goldens, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
