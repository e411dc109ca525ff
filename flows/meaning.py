"""What texts mean: the embedding model that a search, a question and a user's own field share."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from domain_models.answering.alignment import Embedded
from domain_models.runtime.weights import fingerprint
from flows.base_models import base_folder
from flows.settings import settings
from flows.stages.index import Indexer, meaning_indexer

if TYPE_CHECKING:
    from domain_models.runtime.embedder import Embedder

EMBEDDING_MODEL = "small"
"""A sentence-embedding model as it comes; the domains' adapters would bend what it knows of meaning."""

PASSAGES = "passages-1"
"""Names in stored rows how a page is cut into passages (`domain_models.runtime.embedder`): change it with that."""


class Meaning:
    """The embedding model, loaded when first needed."""

    @cached_property
    def folder(self) -> Path:
        """Where its weights lie."""
        return base_folder(EMBEDDING_MODEL)

    @cached_property
    def embedder(self) -> "Embedder":
        """The model, ready to embed."""
        from domain_models.runtime.embedder import load_embedder

        return load_embedder(self.folder, settings().thread_count)

    @property
    def indexer(self) -> Indexer:
        """What indexes by meaning; the model itself waits until there is something to index."""
        version = f"{EMBEDDING_MODEL}-{fingerprint(self.folder)}+{PASSAGES}"
        return meaning_indexer(version, lambda texts: self.embedder.embed(texts))

    def embedded(self, texts: Sequence[str]) -> list[Embedded]:
        """What each text means, by its beginning where it is long."""
        return self.embedder.embed_tokens(texts)
