"""Training of taggers: what a recipe says, which documents a network never sees, and what is kept of its scores."""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import MPNetConfig, MPNetModel

from domain_models.adapter import AdapterConfig, load_config
from domain_models.decoding.bio import decode_entities
from domain_models.decoding.scores import TokenScores
from domain_models.heads import Head
from domain_models.labelled import LabelledDocument, LabelledSpan, read_labelled
from domain_models.runtime.adapter import load_network, save_adapter
from domain_models.runtime.mpnet_attention import fuse_attention
from domain_models.runtime.network import TaggerNetwork
from domain_models.runtime.tagger import Tagger
from domain_models.training.batches import Batches, make_example
from domain_models.training.calibrate import calibrate_head
from domain_models.training.recipe import Recipe, load_recipe, people_labelled
from domain_models.training.schedule import Clock, rise_and_fall
from domain_models.training.split import split_fold
from domain_models.training.tagger import Places, build_network, train
from domain_models.training.taught import FILES, UNLABELLED, label
from domain_models.training.unseen import LEAST, Unseen, pack, unpack
from domain_models.windows import load_tokenizer, tokenize
from schemas.errors import ModelUnavailable
from tests.tiny_encoder import SPECIAL, write_tiny_encoder

RECIPES = Path(__file__).parents[1] / "domain_models" / "training" / "recipes"
TEXT = "the supplier shall deliver goods within thirty days of notice ."
WORDS = [*TEXT.split(), *SPECIAL]
HEADS = (Head("h", "span", ("Term", "Notice")), Head("b", "bio", ("Drug",)))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder that knows the words of the text."""
    return write_tiny_encoder(tmp_path_factory.mktemp("base"), TEXT.split())


@pytest.fixture
def recipe() -> Recipe:
    """One of two steps on contracts of two labels, by low-rank updates."""
    whole = load_recipe(RECIPES / "legal-base.toml")
    phase = replace(whole.phases[0], steps=2, warmup=1)
    source = replace(whole.sources[0], file="train.jsonl", head="h", batch=2)
    return replace(whole, rank=4, alpha=8, heads=HEADS[:1], phases=(phase,), sources=(source,), window=16, stride=12)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten contracts of five companies."""
    rows = [
        {"title": f"Company{n // 2}_{n}", "text": TEXT, "fields": {"Term": {"spans": [[4, 30]], "answer": ""}}}
        for n in range(10)
    ]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def documents(count: int = 40) -> list[LabelledDocument]:
    return [LabelledDocument(f"Company{n // 2}_{n}", TEXT, (LabelledSpan("Term", 4, 30),)) for n in range(count)]


@pytest.mark.parametrize("name", sorted(p.name for p in RECIPES.glob("*.toml") if "writer" not in p.name))
def test_every_recipe_can_be_read(name: str) -> None:
    path = RECIPES / name
    recipe = load_recipe(path)
    assert path.stem.split("-")[1] in {recipe.base, "floor"} and recipe.phases and recipe.sources
    assert not any(source.file.startswith("taught/") for source in people_labelled(recipe))
    assert [source.head for source in people_labelled(recipe)] == [head.name for head in recipe.heads]


def test_a_recipe_takes_what_it_does_not_say_from_another() -> None:
    small, base = load_recipe(RECIPES / "legal-small.toml"), load_recipe(RECIPES / "legal-base.toml")
    assert base.heads == small.heads and base.sources == small.sources
    assert (small.base, small.rank, base.base, base.rank) == ("small", 0, "base", 64)


def test_every_document_is_in_one_fold_and_a_company_in_no_two() -> None:
    folds = [split_fold(documents(), fold, 4) for fold in range(4)]
    assert sorted(d.name for _, own in folds for d in own) == sorted(d.name for d in documents())
    assert all(len(others) + len(own) == 40 for others, own in folds)
    companies = [{d.name.split("_")[0] for d in own} for _, own in folds]
    assert sum(map(len, companies)) == len(set.union(*companies)) == 20


def test_the_rate_falls_with_the_clock_where_that_is_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    clock = Clock(100.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.started + 75.0)
    schedule = rise_and_fall(optimizer, 10, 1, clock)
    optimizer.step()
    schedule.step()
    assert schedule.get_last_lr() == [pytest.approx(0.25)]
    assert Clock().spent() == 0.0


def test_what_is_kept_of_scores_is_read_again(base: Path, tmp_path: Path) -> None:
    tokens = tokenize(load_tokenizer(base), TEXT)
    rng = np.random.default_rng(5)
    spans = (rng.random((len(tokens), 3, 2)) ** 6).astype(np.float32)
    tags = rng.dirichlet([0.2] * 3, len(tokens)).astype(np.float32)
    (document,) = documents(1)
    kept: dict[str, np.ndarray] = {}
    for head, values in zip(HEADS, (spans, tags), strict=True):
        kept |= pack(Unseen(head.name, [document], [TokenScores(tokens, {head.name: values})]))
    np.savez_compressed(tmp_path / "kept.npz", **kept)  # type: ignore[arg-type]
    for head, values in zip(HEADS, (spans, tags), strict=True):
        read = unpack(tmp_path / "kept.npz", head, documents(), base)
        assert [d.name for d in read.documents] == [document.name]
        wanted = np.where(values >= LEAST, values, 0)
        assert read.scores[0].heads[head.name] == pytest.approx(wanted, abs=1e-3)
        assert (read.scores[0].heads[head.name][values < LEAST] == 0).all()


def test_the_fused_attention_is_the_plain_one(base: Path) -> None:
    plain, fused = MPNetModel.from_pretrained(base), MPNetModel.from_pretrained(base)
    fuse_attention(fused)
    ids = torch.randint(0, 10, (3, 11), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    with torch.no_grad():
        one, other = (model(ids, attention_mask=mask).last_hidden_state[mask.bool()] for model in (plain, fused))
    assert torch.allclose(one, other, atol=1e-5) and not torch.equal(one, torch.zeros_like(one))


def test_a_low_rank_tagger_is_stored_as_factors_and_reads_as_it_did(base: Path, recipe: Recipe, tmp_path: Path) -> None:
    network = build_network(recipe, base)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "lora_B" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)) * 0.1)
    trained = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    assert all("lora_" in name or name.startswith("heads.") for name in trained) and len(trained) == 2 * 6 * 2 + 2
    config = AdapterConfig("base", recipe.heads, 16, 12, recipe.rank, recipe.alpha)
    save_adapter(tmp_path / "adapter", network, config)
    assert load_config(tmp_path / "adapter") == config
    stored = load_file(tmp_path / "adapter" / "adapter-1.safetensors")
    assert sum(name.endswith("lora_A") for name in stored) == 12 and not any("default" in name for name in stored)
    ids = torch.randint(0, 10, (2, 9), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    plain = TaggerNetwork(base, recipe.heads).eval()
    with torch.no_grad():
        before = network.eval()(ids, mask, ["h"])["h"]
        after = load_network(tmp_path / "adapter", base)(ids, mask, ["h"])["h"]
        assert torch.allclose(before, after, atol=0.05)
        assert not torch.allclose(plain.encode(ids, mask), network.encode(ids, mask), atol=0.05)


def test_a_low_rank_tagger_of_another_base_is_refused(base: Path, recipe: Recipe, tmp_path: Path) -> None:
    network = build_network(recipe, base)
    save_adapter(tmp_path / "a", network, AdapterConfig("base", recipe.heads, 16, 12, recipe.rank, recipe.alpha))
    config = MPNetConfig(vocab_size=len(WORDS), hidden_size=36, num_attention_heads=3, num_hidden_layers=1)
    MPNetModel(config).save_pretrained(tmp_path / "other")
    with pytest.raises(ModelUnavailable, match=r"does not fit its base model: tensor 'encoder"):
        load_network(tmp_path / "a", tmp_path / "other")


def test_training_without_a_fold_writes_an_adapter(
    base: Path, recipe: Recipe, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(recipe, Places(data, base, tmp_path / "all"), None, None)
    train(recipe, Places(data, base, tmp_path / "fold"), 1, 0.001)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"ended_by_the_clock_at_step": 1}
    one, other = (load_file(tmp_path / name / "adapter-1.safetensors") for name in ("all", "fold"))
    assert one.keys() == other.keys() and any(not torch.equal(one[name], other[name]) for name in one)


def test_masked_tokens_are_a_share_of_all_and_the_seed_decides_which(base: Path, recipe: Recipe) -> None:
    tokenizer = load_tokenizer(base)
    document = LabelledDocument("C_1", " ".join([TEXT] * 40), ())
    masked = replace(recipe, token_mask=0.25, window=400)
    source = replace(recipe.sources[0], batch=1)
    stream = Batches(tokenizer, masked, source, [make_example(tokenizer, document, HEADS[0])])
    first, again, other = (next(stream(random.Random(seed), 1.0)).input_ids for seed in (1, 1, 2))
    share = float((first == WORDS.index("[MASK]")).float().mean())
    assert 0.15 < share < 0.35 and torch.equal(first, again) and not torch.equal(first, other)


def test_a_larger_tagger_labels_what_people_have_not(base: Path, recipe: Recipe, tmp_path: Path) -> None:
    heads = tuple(Head(name, "bio", ("Drug",)) for name in FILES)
    network = build_network(replace(recipe, heads=heads), base)
    with torch.no_grad():
        for head in heads:
            layer = network.heads[head.name]
            layer.weight.zero_()  # type: ignore[operator]
            layer.bias.copy_(torch.tensor([0.0, 9.0, 0.0]))  # type: ignore[operator]
    save_adapter(tmp_path / "a", network, AdapterConfig("base", heads, 16, 12, recipe.rank, recipe.alpha))
    rows = {"maccrobat": {"id": "1", "text": TEXT, "entities": [], "relations": []}}
    rows |= {name: {"tokens": ["the", "goods"], "tags": ["O", "O"]} for name in ("bc5cdr", "ncbi_disease")}
    for name, file in [*FILES.items(), ("mtsamples", UNLABELLED)]:
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8") as out:
            out.write(json.dumps(rows.get(name, {"text": TEXT})) + "\n")
    label(tmp_path, Tagger(tmp_path / "a", base), tmp_path / "taught", tuple(FILES))
    for name in FILES:
        taught = read_labelled(tmp_path / "taught" / f"{name}.jsonl.gz")
        assert [document.name for document in taught if document.text == TEXT][-1] == "mtsamples 0"
        assert len(taught) == 3  # the two other sets' texts, and the report that nobody labelled
        assert taught[-1].quotes == {"Drug": TEXT.split()}


def test_thresholds_are_fitted_to_documents_that_were_not_taught(base: Path) -> None:
    """A surely tagged word is right in two of three documents where it is likely, and never where it is unlikely."""
    tokens = tokenize(load_tokenizer(base), TEXT)
    read: list[TokenScores] = []
    held: list[LabelledDocument] = []
    for number in range(24):
        likely = number % 2 == 0
        tags = np.tile(np.array([0.98, 0.01, 0.01], np.float32), (len(tokens), 1))
        tags[1] = [0.05, 0.9, 0.05] if likely else [0.6, 0.35, 0.05]
        spans = (LabelledSpan("Drug", 4, 12),) if likely and number % 3 else ()
        held.append(LabelledDocument(f"C_{number}", TEXT, spans))
        read.append(TokenScores(tokens, {"b": tags}))
    calibration = calibrate_head(HEADS[1], Unseen("b", held, read), held, base)
    limits = calibration.thresholds["Drug"]
    _, rows = decode_entities(read[0], HEADS[1])
    assert float(calibration.scorer.probabilities(rows[:1], 0)[0]) == pytest.approx(2 / 3, abs=0.15)
    assert limits.absent_below <= limits.found_at < 0.7
