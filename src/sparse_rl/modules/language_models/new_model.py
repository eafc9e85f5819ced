"""A small language model from a random start, with a tokenizer of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sparse_rl.bounds import Count, Width, check_fields
from sparse_rl.modules.task import TaskError

END = "<end>"
# Names as those of functions may become one token, with the space before them.
_WORDS = r" ?[\w<>]+| ?[^\w<>\s]+|\s"


@dataclass(frozen=True)
class NewModel:
    """Sizes of a language model of GPT-NeoX's architecture that begins with random weights.

    Its tokenizer is byte-level BPE, made from the texts of the training examples, so that every
    text has tokens.

    Attributes:
        layers: layers; 2 to 8.
        width: width of the layers; 64 to 512.
        heads: heads of attention, which divide the width.
        vocabulary: greatest number of tokens; 300 to 8000.
        context: greatest number of tokens that it reads.
    """

    layers: Count = 4
    width: Width = 128
    heads: Count = 4
    vocabulary: Count = 1000
    context: Count = 512

    def __post_init__(self) -> None:
        """Checks the sizes.

        Raises:
            TaskError: the width of a head is not a whole, even number.
        """
        check_fields(self)
        if self.width % (2 * self.heads):
            raise TaskError(
                f"set width to a multiple of {2 * self.heads}, twice the heads: got {self.width}"
            )


def new_tokenizer(texts: Iterable[str], size: int) -> Any:
    """Makes a byte-level BPE tokenizer from texts.

    Args:
        texts: the texts.
        size: greatest number of tokens; 257, the bytes and the end token, are always there.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    words = pre_tokenizers.Split(Regex(_WORDS), "isolated")
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, as_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, eos_token=END
    )


def new_config(sizes: NewModel, tokenizer: Any) -> Any:
    """Returns the configuration of a new model with a tokenizer."""
    from transformers import GPTNeoXConfig

    return GPTNeoXConfig(
        vocab_size=len(tokenizer),
        hidden_size=sizes.width,
        intermediate_size=4 * sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        max_position_embeddings=sizes.context,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "partial_rotary_factor": 1.0,
        },
        tie_word_embeddings=True,
        # The usual .02 is for widths of thousands: attention would begin all but uniform.
        initializer_range=sizes.width**-0.5,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
